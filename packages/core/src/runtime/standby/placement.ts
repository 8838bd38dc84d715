import { murmur2 } from '../../base/murmur2.ts'

/**
 * How good a copy is. 'stored': on disk from before, and not kept up. 'filling': a standby task on its
 * way. 'warm': a standby task that has caught up with the changelog, or nearly.
 */
export type CopyState = 'stored' | 'filling' | 'warm'

const RANK: Readonly<Record<CopyState, number>> = { stored: 1, filling: 2, warm: 3 }

/** What one member keeps, as the others see it. */
export interface MemberTasks {
  readonly active: ReadonlySet<string>
  /** Its copies of tasks that are not active here. */
  readonly standby: ReadonlyMap<string, CopyState>
}

/** Members, by instance id. */
export type Members = ReadonlyMap<string, MemberTasks>

/** Which members keep a standby of each task. */
export type Placement = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Decides where standbys are, from a view of the members alone: who has the same view decides the same.
 *
 * Semantics: a task that is active somewhere has min(`replicas`, other members) copies.
 * - Never where the task is active.
 * - Who has a warm copy keeps it, then who is filling one, then who has one on disk; only then come others.
 * - New copies go to the members with the fewest tasks, active ones included; of several to the first by
 *   rendezvous hash. A copy moves only between members that differ by two tasks or more.
 * - A task that is active nowhere is on its way: who has a copy keeps it, and none is added. Somebody who
 *   hears of nobody else does not begin to copy everything.
 *
 * Invariant: applied again and again while its result is carried out it settles, and hardly a copy is begun
 * that is not needed in the end. A copy that was moved takes the place of the old one when it is warm,
 * since its member still has fewer tasks.
 *
 * @param tasks those with a changelog; what members have beside them is not looked at
 */
export function placeStandbys(
  tasks: readonly string[],
  members: Members,
  replicas: number,
): Placement {
  const board = new Board([...tasks].sort(), members)
  for (const task of board.tasks) board.keepWarm(task, replicas)
  for (const task of board.tasks) board.fill(task, replicas)
  board.level()
  return board.copies
}

class Board {
  readonly tasks: readonly string[]
  readonly copies = new Map<string, Set<string>>()
  readonly #members: Members
  readonly #owners: ReadonlyMap<string, ReadonlySet<string>>
  /** Tasks of a member, active and standby. */
  readonly #loads = new Map<string, number>()
  /** {@link copies}, by member. */
  readonly #held = new Map<string, Set<string>>()

  constructor(tasks: readonly string[], members: Members) {
    this.tasks = tasks
    // One order for all: views hear of members in different orders.
    this.#members = new Map([...members].sort(([a], [b]) => compareText(a, b)))
    const owners = new Map<string, Set<string>>(tasks.map((task) => [task, new Set()]))
    for (const [member, { active }] of this.#members) {
      const own = [...active].filter((task) => owners.has(task))
      for (const task of own) owners.get(task)?.add(member)
      this.#loads.set(member, own.length)
      this.#held.set(member, new Set())
    }
    this.#owners = owners
    for (const task of tasks) this.copies.set(task, new Set())
  }

  /** Keeps warm copies; where there are too many, those of members with many tasks go. */
  keepWarm(task: string, replicas: number): void {
    const isOwned = this.#isOwned(task)
    for (const [member, { standby }] of this.#members) {
      const state = standby.get(task)
      if (state === undefined || this.#isOwner(member, task)) continue
      if (state === 'warm' || (!isOwned && state === 'filling')) this.#add(task, member)
    }
    if (!isOwned) return
    const kept = this.#copiesOf(task)
    while (kept.size > replicas) {
      const [worst = ''] = [...kept].sort((a, b) => -this.#compare(task, a, b))
      this.#remove(task, worst)
    }
  }

  fill(task: string, replicas: number): void {
    if (!this.#isOwned(task)) return
    const copies = this.#copiesOf(task)
    const free = [...this.#members.keys()].filter((member) => this.#canTake(task, member))
    while (copies.size < replicas && free.length > 0) {
      const best = free.reduce((a, b) => (this.#compareFillers(task, a, b) <= 0 ? a : b))
      free.splice(free.indexOf(best), 1)
      this.#add(task, best)
    }
  }

  /**
   * Moves copies from members with many tasks to members with few: each move lessens the difference, so
   * it ends. Moves that are under way come before new ones.
   */
  level(): void {
    while (this.#levelOnce((task, to) => this.#holding(to, task) > 0));
    while (this.#levelOnce(() => true));
  }

  #levelOnce(mayMove: (task: string, to: string) => boolean): boolean {
    const byLoad = [...this.#loads].sort(([, a], [, b]) => a - b).map(([member]) => member)
    for (const from of byLoad.toReversed()) {
      for (const to of byLoad) {
        if (this.#load(from) - this.#load(to) < 2) break
        const task = this.#taskToMove(from, to, mayMove)
        if (task === undefined) continue
        this.#remove(task, from)
        this.#add(task, to)
        return true
      }
    }
    return false
  }

  #taskToMove(
    from: string,
    to: string,
    mayMove: (task: string, to: string) => boolean,
  ): string | undefined {
    let best: string | undefined
    for (const task of this.#held.get(from) ?? []) {
      if (!mayMove(task, to) || !this.#isOwned(task) || !this.#canTake(task, to)) continue
      if (best === undefined || this.#compareMoves(to, task, best) < 0) best = task
    }
    return best
  }

  #compareMoves(to: string, a: string, b: string): number {
    const byHolding = this.#holding(to, b) - this.#holding(to, a)
    return byHolding || weight(b, to) - weight(a, to) || compareText(a, b)
  }

  #canTake(task: string, member: string): boolean {
    return this.copies.get(task)?.has(member) === false && !this.#isOwner(member, task)
  }

  /** Negative when `a` should rather have a copy than `b`. */
  #compare(task: string, a: string, b: string): number {
    return this.#load(a) - this.#load(b) || weight(task, b) - weight(task, a) || compareText(a, b)
  }

  #compareFillers(task: string, a: string, b: string): number {
    return this.#holding(b, task) - this.#holding(a, task) || this.#compare(task, a, b)
  }

  /** The more, the less is to be copied; 0 for nothing at all. */
  #holding(member: string, task: string): number {
    const state = this.#members.get(member)?.standby.get(task)
    return state === undefined ? 0 : RANK[state]
  }

  #isOwned(task: string): boolean {
    return (this.#owners.get(task)?.size ?? 0) > 0
  }

  #isOwner(member: string, task: string): boolean {
    return this.#owners.get(task)?.has(member) === true
  }

  #load(member: string): number {
    return this.#loads.get(member) ?? 0
  }

  #copiesOf(task: string): Set<string> {
    return this.copies.get(task) ?? new Set()
  }

  #add(task: string, member: string): void {
    this.#copiesOf(task).add(member)
    this.#held.get(member)?.add(task)
    this.#loads.set(member, this.#load(member) + 1)
  }

  #remove(task: string, member: string): void {
    this.#copiesOf(task).delete(member)
    this.#held.get(member)?.delete(task)
    this.#loads.set(member, this.#load(member) - 1)
  }
}

/** Rendezvous hash: each task has an order of members of its own, which no other member's coming or going changes. */
function weight(task: string, member: string): number {
  return murmur2(Buffer.from(`${task}/${member}`)) >>> 0
}

/** Code units, not a locale: all members must agree. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
