import { SeededRandom } from '../../contract/seeded-random.ts'

/** Each call that a client makes of a broker. */
export type KafkaOperation =
  | `admin.${string}`
  | 'connect'
  | 'consumer.commit'
  | 'consumer.committed'
  | 'consumer.poll'
  | 'consumer.position'
  | 'group.heartbeat'
  | 'group.join'
  | 'group.leave'
  | 'producer.abort'
  | 'producer.begin'
  | 'producer.commit'
  | 'producer.init'
  | 'producer.produce'
  | 'producer.sendOffsets'
  | 'reader.poll'
  | 'reader.position'

/** What a fault plan may decide by. */
export interface KafkaCall {
  readonly operation: KafkaOperation
  readonly process: string
  readonly clientId: string
}

/**
 * What becomes of one call, beyond brokers that are away:
 * - `refused`: no effect, and the caller gets `MR_BROKER_UNAVAILABLE`
 * - `answer-lost`: it takes effect, and the caller gets `MR_BROKER_UNAVAILABLE` all the same
 *
 * The client itself tries produce requests, heartbeats, joins and polls again: those are only late.
 */
export type CallFate = 'ok' | 'refused' | 'answer-lost'

/** What goes wrong in a simulated Kafka, and how long things take. Asked at each step, in order. */
export interface KafkaFaults {
  /** One way between client and broker. */
  latencyMs(call: KafkaCall): number
  /** What becomes of a call. */
  fateOf(call: KafkaCall): CallFate
  /** From the decision over a transaction to its marker in one partition. */
  markerDelayMs(): number
  /** The most records of one partition in one poll: at least one. */
  blockRecords(call: KafkaCall): number
  /** The most records of one poll, whatever was asked for; and so how slow a restore is. */
  pollRecords(call: KafkaCall): number
  /** A number from 0 to `bound` - 1: the order of partitions in a poll, and other free choices. */
  choose(bound: number): number
}

/** From least to most, both included where that makes sense. */
export type Range = readonly [least: number, most: number]

/** Options of {@link SeededFaults}. */
export interface SeededFaultsOptions {
  readonly seed: number
  /** @defaultValue [0.2, 2] */
  readonly latencyMs?: Range
  /** @defaultValue [0.1, 5] */
  readonly markerDelayMs?: Range
  /** @defaultValue [1, 10_000] */
  readonly blockRecords?: Range
  /** Of a reader, that is of restores. @defaultValue no limit */
  readonly restoreRecords?: Range
  /** Extra time of each poll of a reader. @defaultValue [0, 0] */
  readonly restoreDelayMs?: Range
  /** Share of calls, 0 to 1. @defaultValue 0 */
  readonly refused?: number
  /** Share of calls, 0 to 1. @defaultValue 0 */
  readonly answerLost?: number
}

const FRACTION = 0x1_0000_0000

/** Faults that a seed decides. Without options but the seed: a healthy cluster, in which all takes some time. */
export class SeededFaults implements KafkaFaults {
  readonly #random: SeededRandom
  readonly #options: Required<SeededFaultsOptions>

  constructor(options: SeededFaultsOptions) {
    this.#random = new SeededRandom(options.seed)
    this.#options = {
      latencyMs: [0.2, 2],
      markerDelayMs: [0.1, 5],
      blockRecords: [1, 10_000],
      restoreRecords: [1_000_000, 1_000_000],
      restoreDelayMs: [0, 0],
      refused: 0,
      answerLost: 0,
      ...options,
    }
  }

  latencyMs({ operation }: KafkaCall): number {
    const latencyMs = this.#between(this.#options.latencyMs)
    return operation === 'reader.poll'
      ? latencyMs + this.#between(this.#options.restoreDelayMs)
      : latencyMs
  }

  /** No fault: latencies only. */
  fateOf(): CallFate {
    const { refused, answerLost } = this.#options
    if (refused === 0 && answerLost === 0) return 'ok'
    const drawn = this.#fraction()
    if (drawn < refused) return 'refused'
    return drawn < refused + answerLost ? 'answer-lost' : 'ok'
  }

  markerDelayMs(): number {
    return this.#between(this.#options.markerDelayMs)
  }

  blockRecords(): number {
    return Math.max(1, Math.floor(this.#between(this.#options.blockRecords)))
  }

  pollRecords({ operation }: KafkaCall): number {
    if (operation !== 'reader.poll') return Infinity
    return Math.max(1, Math.floor(this.#between(this.#options.restoreRecords)))
  }

  choose(bound: number): number {
    return this.#random.below(bound)
  }

  #between([least, most]: Range): number {
    return least + this.#fraction() * (most - least)
  }

  #fraction(): number {
    return this.#random.below(FRACTION) / FRACTION
  }
}
