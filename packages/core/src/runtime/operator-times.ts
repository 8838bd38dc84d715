import type { OperatorTime } from '../processor/operator-context.ts'

class TimeCell implements OperatorTime {
  ms: number
  committedMs: number
  savepointMs: number

  constructor(ms: number) {
    this.ms = ms
    this.committedMs = ms
    this.savepointMs = ms
  }
}

/**
 * The times that the operators of one task keep, as part of its transaction: they are committed in the
 * metadata of its offsets. All inputs get the same ones, so that any of them tells them all.
 */
export class OperatorTimes {
  readonly #cells = new Map<string, TimeCell>()

  /** `committed`: of each input. They differ if an input is new; Kafka Streams takes the larger one too. */
  constructor(committed: readonly ReadonlyMap<string, number>[]) {
    for (const times of committed) {
      for (const [name, ms] of times) {
        const known = this.#cells.get(name)
        if (known === undefined || known.ms < ms) this.#cells.set(name, new TimeCell(ms))
      }
    }
  }

  time(name: string): OperatorTime {
    const known = this.#cells.get(name)
    if (known !== undefined) return known
    const cell = new TimeCell(-1)
    this.#cells.set(name, cell)
    return cell
  }

  /** True when they are not what the last commit has. */
  get isChanged(): boolean {
    for (const { ms, committedMs } of this.#cells.values()) if (ms !== committedMs) return true
    return false
  }

  /** What to commit; -1 is what a time is that is not there. */
  entries(): ReadonlyMap<string, number> {
    const times = new Map<string, number>()
    for (const [name, { ms }] of this.#cells) if (ms !== -1) times.set(name, ms)
    return times
  }

  committed(): void {
    for (const cell of this.#cells.values()) cell.committedMs = cell.ms
  }

  rollback(): void {
    for (const cell of this.#cells.values()) cell.ms = cell.committedMs
  }

  setSavepoint(): void {
    for (const cell of this.#cells.values()) cell.savepointMs = cell.ms
  }

  rollbackToSavepoint(): void {
    for (const cell of this.#cells.values()) cell.ms = cell.savepointMs
  }
}
