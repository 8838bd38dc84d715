import type { Awaitable } from '../base/awaitable.ts'
import type { ProducerRecord } from '../kafka/producer.ts'

/** Where tasks put what they produce: the producer, or a test driver's list. */
export interface RecordCollector {
  send(record: ProducerRecord): void
  /** @throws MillraceError `MR_UNKNOWN_TOPIC` */
  partitionCount(topic: string): Awaitable<number>
}

/** What one record costs in the producer's queue beyond its bytes. */
const RECORD_OVERHEAD_BYTES = 64

/** A collector that counts, and can hold records back until it is known that they count. */
export class HoldingCollector implements RecordCollector {
  readonly #target: RecordCollector
  /** Undefined: nothing is held back. */
  #held: ProducerRecord[] | undefined
  #records = 0
  #bytes = 0

  constructor(target: RecordCollector) {
    this.#target = target
  }

  /** Records handed on since {@link resetCounts}. */
  get records(): number {
    return this.#records
  }

  get bytes(): number {
    return this.#bytes
  }

  send(record: ProducerRecord): void {
    if (this.#held === undefined) this.#pass(record)
    else this.#held.push(record)
  }

  partitionCount(topic: string): Awaitable<number> {
    return this.#target.partitionCount(topic)
  }

  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const record of held) this.#pass(record)
  }

  dropHeld(): void {
    this.#held = undefined
  }

  resetCounts(): void {
    this.#records = 0
    this.#bytes = 0
  }

  #pass(record: ProducerRecord): void {
    this.#target.send(record)
    this.#records++
    this.#bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0) + RECORD_OVERHEAD_BYTES
  }
}
