import type { OperatorTime } from '../processor/operator-context.ts'
import type { SourceNode, Subtopology } from '../topology/topology-node.ts'
import { TIMELESS, UNKNOWN_TIME } from './node-times.ts'
import type { OperatorTimes } from './operator-times.ts'

/**
 * The stream time of one task: the highest event time taken from its inputs, or, where it went on
 * without records because all inputs were idle, what was reached so.
 *
 * The latter is kept with the committed offsets, for each source: a window that was closed by it must
 * not be open again after a restart. So neither an abort nor a restart takes back what a commit has told.
 */
export class TaskTime {
  readonly #times: OperatorTimes
  /** By the name of the source node. */
  readonly #idleTimes: ReadonlyMap<string, OperatorTime>
  /** What was told to the readers of repartition topics, by topic. */
  readonly #told = new Map<string, OperatorTime>()
  #streamTimeMs: number
  #committedMs: number

  /**
   * @param times of the task, which the caller commits and rolls back
   * @param partitionTimesMs of the task's inputs, as committed
   */
  constructor(
    times: OperatorTimes,
    { nodes }: Pick<Subtopology, 'nodes'>,
    partitionTimesMs: readonly number[],
  ) {
    this.#times = times
    const sources = nodes.filter((node) => node.kind === 'source')
    this.#idleTimes = new Map(sources.map((node) => [node.name, times.time(idleTimeName(node))]))
    this.#streamTimeMs = Math.max(UNKNOWN_TIME, this.idleTimeMs, ...partitionTimesMs)
    this.#committedMs = this.#streamTimeMs
  }

  get streamTimeMs(): number {
    return this.#streamTimeMs
  }

  /** How far idleness has moved the time on; -1 when it never did. */
  get idleTimeMs(): number {
    let latestMs = UNKNOWN_TIME
    for (const { ms } of this.#idleTimes.values()) if (ms > latestMs) latestMs = ms
    return latestMs
  }

  /** The same for one source, whose records may be held up by what is upstream. */
  idleTimeOf(source: string): number {
    return this.#idleTimes.get(source)?.ms ?? UNKNOWN_TIME
  }

  observe(timestampMs: number): void {
    if (timestampMs > this.#streamTimeMs) this.#streamTimeMs = timestampMs
  }

  /**
   * Event time went on without a record.
   *
   * @param timeMs where the wall clock has brought it
   * @param boundMs how far upstream lets a source go: -1 for nowhere, Infinity for any time
   * @returns true when it went on at one source at least
   */
  goOnTo(timeMs: number, boundMs: (source: string) => number): boolean {
    let isLater = false
    for (const [source, time] of this.#idleTimes) {
      const reachedMs = Math.min(timeMs, boundMs(source))
      if (reachedMs <= time.ms) continue
      time.ms = reachedMs
      this.observe(reachedMs)
      isLater = true
    }
    return isLater
  }

  /**
   * Tells the readers of a repartition topic that no record from before `timeMs` follows.
   * @returns true when that is new
   */
  tell(topic: string, timeMs: number): boolean {
    if (timeMs === UNKNOWN_TIME) return false
    const told = this.#toldOf(topic)
    if (timeMs <= told.ms && told.ms !== UNKNOWN_TIME) return false
    told.ms = timeMs
    return true
  }

  /** Readers that were told that there is no time wait, when there is one. */
  correctTold(): void {
    if (this.#streamTimeMs < 0) return
    for (const told of this.#told.values()) if (told.ms === TIMELESS) told.ms = 0
  }

  committed(): void {
    this.#committedMs = this.#streamTimeMs
  }

  rollback(): void {
    this.#streamTimeMs = this.#committedMs
  }

  #toldOf(topic: string): OperatorTime {
    const known = this.#told.get(topic)
    if (known !== undefined) return known
    const time = this.#times.time(toldName(topic))
    this.#told.set(topic, time)
    return time
  }
}

/**
 * How far the writers of a repartition topic let the time of its readers go: the earliest time that one
 * of them told. Infinity when none of them has a time; -1 while one has not told anything.
 *
 * @param committed the times that are committed with an input of each task that writes it
 */
export function toldTimeMs(
  topic: string,
  committed: Iterable<ReadonlyMap<string, number>>,
): number {
  let earliestMs = Infinity
  for (const times of committed) {
    const timeMs = times.get(toldName(topic)) ?? UNKNOWN_TIME
    if (timeMs === UNKNOWN_TIME) return UNKNOWN_TIME
    if (timeMs !== TIMELESS && timeMs < earliestMs) earliestMs = timeMs
  }
  return earliestMs
}

// Names are of topics, which stay when operators come and go before them.

function idleTimeName({ name, topics }: SourceNode): string {
  return `idle:${topics instanceof RegExp ? name : (topics[0] ?? name)}`
}

function toldName(topic: string): string {
  return `told:${topic}`
}
