import { MillraceError } from '@millrace/core'

/** A batch on its way. */
export interface LanePlace {
  /**
   * Resolves when the batches before it that are under way are acknowledged.
   * @throws MillraceError `MR_SINK_UNAVAILABLE` when one of them is not: it comes again, and this one after it
   */
  turn(): Promise<void>
  /** Told once; whether the batch is acknowledged. */
  leave(isDone: boolean): void
}

/** Keeps batches of one partition in order that are under way at the same time: none takes effect before those before it are acknowledged. */
export class BatchLane {
  readonly #underWay = new Map<number, Promise<boolean>>()

  /** Takes a place for the batch that begins there. */
  enter(from: number): LanePlace {
    const before = [...this.#underWay].filter(([other]) => other < from).map(([, fate]) => fate)
    let tell: (isDone: boolean) => void = () => undefined
    this.#underWay.set(from, new Promise((resolve) => (tell = resolve)))
    return {
      async turn() {
        const fates = await Promise.all(before)
        if (fates.every((isDone) => isDone)) return
        throw new MillraceError('MR_SINK_UNAVAILABLE', 'A batch before this one was not written', {
          hint: 'Write that one first.',
        })
      },
      leave: (isDone) => {
        this.#underWay.delete(from)
        tell(isDone)
      },
    }
  }
}
