import type { ProcessorPlan } from '../topology/plan-node.ts'
import type { Dsl, StreamState } from './dsl.ts'
import type { KStream } from './kstream.ts'
import { branch } from './operators/branch.ts'
import type { Predicate } from './operators/filter.ts'
import { passThrough } from './operators/pass-through.ts'

interface Branch {
  readonly name: string
  readonly nodeName: string
  /** Of this stream's keys and values, whose types are left out so that streams stay covariant. */
  readonly predicate: Predicate<never, never> | undefined
}

interface BranchedState<K, V> {
  readonly stream: StreamState<K, V>
  /** Name of the operator that splits, and the beginning of its branches' names. */
  readonly name: string
  readonly branches: readonly Branch[]
}

/** The branches of a stream, by name. */
export type Branches<K, B> = { readonly [N in keyof B]: KStream<K, B[N]> }

/**
 * A stream about to be split. A record goes to the first branch whose predicate holds, to no other;
 * without a match to the default branch, and without one it is dropped.
 *
 * The operator of a branch is named after the split and the branch, without anything between
 * (Kafka Streams: `Branched.as`). Java's unnamed branches are `'1'`, `'2'` … and `'0'` for the default.
 */
export class BranchedKStream<K, V, B = unknown> {
  readonly #dsl: Dsl
  readonly #state: BranchedState<K, V>

  /** @internal */
  constructor(dsl: Dsl, state: BranchedState<K, V>) {
    this.#dsl = dsl
    this.#state = state
  }

  /** Adds a branch. Predicates are asked in the order of the calls; a type guard narrows the values. */
  branch<N extends string, S extends V>(
    name: N,
    predicate: (key: K, value: V) => value is S,
  ): BranchedKStream<K, V, B & Readonly<Record<N, S>>>
  branch<N extends string>(
    name: N,
    predicate: Predicate<K, V>,
  ): BranchedKStream<K, V, B & Readonly<Record<N, V>>>
  branch<N extends string>(
    name: N,
    predicate: Predicate<K, V>,
  ): BranchedKStream<K, V, B & Readonly<Record<N, V>>> {
    return new BranchedKStream(this.#dsl, this.#with(name, predicate))
  }

  /** Ends the split: what no branch took goes to a branch of its own. */
  default(): Branches<K, B & Readonly<Record<'0', V>>>
  default<N extends string>(name: N): Branches<K, B & Readonly<Record<N, V>>>
  default(name = '0'): Branches<K, B & Readonly<Record<string, V>>> {
    return this.#end(this.#with(name, undefined))
  }

  /** Ends the split: what no branch took is dropped. */
  noDefault(): Branches<K, B> {
    return this.#end(this.#state)
  }

  #with(name: string, predicate: Predicate<K, V> | undefined): BranchedState<K, V> {
    this.#dsl.plan.newName('') // Kafka Streams uses up a number for each branch
    const branched = { name, nodeName: this.#state.name + name, predicate }
    return { ...this.#state, branches: [...this.#state.branches, branched] }
  }

  #end<R>({ stream, name, branches }: BranchedState<K, V>): Branches<K, R> {
    const { plan } = this.#dsl
    const rules = {
      predicates: branches.map(({ predicate }) => predicate).filter((one) => one !== undefined),
      children: branches.map(({ nodeName }) => nodeName),
    }
    const base = { kind: 'processor', stores: [], uses: [], table: undefined } as const
    const splitter = plan.append<ProcessorPlan>({
      ...base,
      name,
      parents: [stream.node],
      operator: () => branch(rules),
      changes: 'nothing',
      stateless: 'split',
    })
    const streams: Record<string, KStream<K, V>> = {}
    for (const { name: branchName, nodeName } of branches) {
      const node = plan.append<ProcessorPlan>({
        ...base,
        name: nodeName,
        parents: [splitter],
        operator: () => passThrough(),
        changes: 'nothing',
        stateless: 'pure',
      })
      streams[branchName] = this.#dsl.stream({ ...stream, node })
    }
    return Object.freeze(streams) as unknown as Branches<K, R> // one entry a branch: `branch` added its type to B
  }
}
