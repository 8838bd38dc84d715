import type { Awaitable } from '../base/awaitable.ts'
import { TIMELESS } from './node-times.ts'
import type { TaskNodes } from './task-nodes.ts'
import type { TaskTime } from './task-time.ts'

export interface TimeProgressParts {
  readonly time: TaskTime
  readonly nodes: () => TaskNodes
  /** Runs what a node does as a unit of its own. */
  readonly asUnit: (nodeName: string, run: () => Awaitable<void>) => Promise<void>
}

/** How far event time has come in a task whose inputs are all idle. */
export interface IdleStep {
  /** Undefined: there was no record yet, so there is no time. */
  readonly timeMs: number | undefined
  /** How far what is upstream lets a source go: -1 nowhere, Infinity anywhere. */
  readonly boundMs: (source: string) => number
  /** Repartition topics whose readers wait for what this task tells. */
  readonly tells: readonly string[]
}

/**
 * Tells the processors of one task of the time that went by without records.
 *
 * They are told in the order of the topology, each the time at its place ({@link nodeTimes}). New
 * processors, after an abort or a restart, are told of the time that was committed before anything else
 * happens: what it has closed stays closed.
 */
export class TimeProgress {
  readonly #parts: TimeProgressParts
  /** What the processors were told, by node. */
  #told = new Map<string, number>()
  #isUntold = false

  constructor(parts: TimeProgressParts) {
    this.#parts = parts
  }

  /** True while processors are to be told of an earlier time first: {@link catchUp}. */
  get isUntold(): boolean {
    return this.#isUntold
  }

  processorsAreNew(): void {
    this.#told = new Map()
    this.#isUntold = this.#parts.time.idleTimeMs >= 0
  }

  async catchUp(): Promise<void> {
    if (!this.#isUntold) return
    this.#isUntold = false
    await this.#tellNodes()
  }

  /** Returns true when time went on. */
  async goOn({ timeMs, boundMs }: IdleStep): Promise<boolean> {
    if (timeMs === undefined || !this.#parts.time.goOnTo(timeMs, boundMs)) return false
    await this.#tellNodes()
    return true
  }

  /** Returns true when the readers of a repartition topic are told something new. */
  tellReaders({ timeMs, boundMs, tells }: IdleStep): boolean {
    if (tells.length === 0) return false
    const { time, nodes } = this.#parts
    const times = nodes().timesFrom((source) => {
      if (timeMs !== undefined) return time.idleTimeOf(source)
      return boundMs(source) < 0 ? boundMs(source) : TIMELESS
    })
    let isNew = false
    for (const { topic, name } of nodes().sinksOf(tells)) {
      if (time.tell(topic, times(name))) isNew = true
    }
    return isNew
  }

  async #tellNodes(): Promise<void> {
    const { time, nodes, asUnit } = this.#parts
    const timeOf = nodes().timesFrom((source) => time.idleTimeOf(source))
    for (const { name, advanceTime } of nodes().waiting) {
      const timeMs = timeOf(name)
      if (timeMs < 0 || timeMs <= (this.#told.get(name) ?? -1)) continue
      this.#told.set(name, timeMs)
      await asUnit(name, () => advanceTime(timeMs))
    }
  }
}
