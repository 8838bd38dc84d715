import type { PlanNode, RepartitionPlan } from './plan-node.ts'

/** Of the number in a name. */
const NUMBER_LENGTH = 10

/**
 * What the DSL has said so far: an append-only list of frozen nodes, and the counter of Kafka
 * Streams' generated names. One counter for the whole topology, stores included, so that both
 * libraries name topics and stores alike.
 */
export class Plan {
  readonly #order = new Map<PlanNode, number>()
  readonly #shared = new Map<object, RepartitionPlan>()
  readonly #joinRepartitions = new Map<object, RepartitionPlan>()
  readonly #copartitioned: (readonly string[])[] = []
  readonly #generated = new Set<string>()
  #names = 0
  #aside: { readonly name: string; names: number } | undefined
  #appends = 0

  /** `KSTREAM-MAP-0000000003`. Uses up a number. */
  newName(prefix: string): string {
    const name = this.#nextName(prefix)
    this.#generated.add(name)
    return name
  }

  /** A name of another prefix with the number of `other`, as Kafka Streams gives some. Uses up none. */
  newNameLike(other: string, prefix: string): string {
    const aside = this.#aside === undefined ? '' : `${this.#aside.name}-`
    const name = aside + prefix + other.slice(-NUMBER_LENGTH)
    this.#generated.add(name)
    return name
  }

  /** True for a name that is made up, not a user's. */
  isGenerated(name: string): boolean {
    return this.#generated.has(name)
  }

  /**
   * Runs what Kafka Streams has nothing like: names that are generated meanwhile begin with `name` and are counted
   * by themselves, so that the others stay as they are without it.
   */
  aside(name: string, run: () => void): void {
    const before = this.#aside
    this.#aside = { name, names: 0 }
    try {
      run()
    } finally {
      this.#aside = before
    }
  }

  /** `KSTREAM-AGGREGATE-STATE-STORE-0000000003`. Uses up a number. */
  newStoreName(prefix: string): string {
    return this.newName(`${prefix}STATE-STORE-`)
  }

  /** The user's name, or a new one. Uses up a number either way, as Kafka Streams does. */
  nameOr(name: string | undefined, prefix: string): string {
    const generated = this.newName(prefix)
    return name ?? generated
  }

  /**
   * Appends `node`; a node that is there already moves to the end.
   * The order of appending is the order in which physical nodes are made, once their parents are.
   */
  append<N extends PlanNode>(node: N): N {
    this.#order.set(node, this.#appends++)
    return Object.freeze(node)
  }

  /** The repartition that several aggregations of one named grouping share. */
  appendShared(owner: object, make: () => RepartitionPlan): RepartitionPlan {
    const node = this.#shared.get(owner) ?? make()
    this.#shared.set(owner, node)
    return this.append(node)
  }

  /**
   * The repartition of a stream for a join: `made`, or the last one that was made for a join of `owner`.
   * `isOwn`: the join has its own in any case.
   */
  joinRepartition(owner: object, made: RepartitionPlan, isOwn: boolean): RepartitionPlan {
    const known = this.#joinRepartitions.get(owner)
    if (known !== undefined && !isOwn) return known
    this.#joinRepartitions.set(owner, made)
    return this.append(made)
  }

  /** Names of sources whose topics must have equal partition counts, because a join reads them. */
  copartition(sources: readonly string[]): void {
    this.#copartitioned.push(Object.freeze([...sources]))
  }

  get copartitioned(): readonly (readonly string[])[] {
    return this.#copartitioned
  }

  /** The nodes in the order in which each was appended first. */
  firstAppended(): readonly PlanNode[] {
    return [...this.#order.keys()]
  }

  /** The nodes, by their place. */
  nodes(): readonly PlanNode[] {
    return [...this.#order].sort(([, a], [, b]) => a - b).map(([node]) => node)
  }

  #nextName(prefix: string): string {
    const aside = this.#aside
    if (aside !== undefined) return `${aside.name}-${numbered(prefix, aside.names++)}`
    return numbered(prefix, this.#names++)
  }
}

function numbered(prefix: string, number: number): string {
  return `${prefix}${String(number).padStart(NUMBER_LENGTH, '0')}`
}
