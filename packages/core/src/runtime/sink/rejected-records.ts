import { MillraceError } from '../../errors/millrace-error.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Header } from '../../record/headers.ts'
import type { SinkRecord } from '../../sink/sink.ts'
import type { SinkConfig } from '../../sink/sink-config.ts'
import type { AckedProducer } from './acked-producer.ts'
import type { SinkCounters } from './sink-metrics.ts'

export interface RejectedRecordsParts {
  readonly sinkId: string
  readonly config: Pick<SinkConfig, 'deadLetterTopic' | 'onRejected'>
  readonly producer: AckedProducer
  readonly counters: SinkCounters
  readonly logger: Logger
}

/** A record that the target refuses. */
export interface Rejection {
  readonly record: SinkRecord<unknown, unknown>
  /** As it is in the topic; undefined when dead letters are not wanted. */
  readonly raw: ConsumedRecord | undefined
  readonly error: MillraceError
  readonly attempts: number
}

/** Decides over records that the target refuses, and writes dead letters (headers of KIP-1034, and Millrace's). */
export class RejectedRecords {
  readonly #parts: RejectedRecordsParts

  constructor(parts: RejectedRecordsParts) {
    this.#parts = parts
  }

  /**
   * Resolves when the record needs no more care.
   * @throws MillraceError `MR_SINK_REJECTED` when it is to stop the app; what producing throws
   */
  async reject({ record, raw, error, attempts }: Rejection): Promise<void> {
    const { counters, sinkId, logger } = this.#parts
    const rejection = this.#rejectionOf(record, error)
    const decision = this.#decide(rejection)
    counters.rejected++
    if (decision === 'fail') throw rejection
    const fields = { code: rejection.code, ...rejection.at, cause: rejection.cause }
    if (decision === 'dead-letter') await this.#writeDeadLetter(raw, rejection, attempts)
    // 1, 2, 4, 8, …: the first is always seen, and a flood does not fill the disk.
    const count = counters.rejected
    if ((count & (count - 1)) !== 0) return
    const fate = decision === 'drop' ? 'dropped' : 'a dead letter'
    logger.warn(`sink ${sinkId}: ${rejection.message}; ${fate}, ${count} so far`, fields)
  }

  #rejectionOf(record: SinkRecord<unknown, unknown>, error: MillraceError): MillraceError {
    const { topic, partition, offset } = record
    const at = { sink: this.#parts.sinkId, ...error.at, topic, partition, offset }
    const { message, cause = error, hint } = error
    return new MillraceError('MR_SINK_REJECTED', message, {
      cause,
      hint: hint ?? 'Mend the record’s producer or the target, or give the sink a deadLetterTopic.',
      at,
    })
  }

  #decide(error: MillraceError): 'fail' | 'dead-letter' | 'drop' {
    const { onRejected } = this.#parts.config
    return typeof onRejected === 'function' ? onRejected(error) : onRejected
  }

  async #writeDeadLetter(
    raw: ConsumedRecord | undefined,
    error: MillraceError,
    attempts: number,
  ): Promise<void> {
    const { config, producer, sinkId } = this.#parts
    const { deadLetterTopic } = config
    if (deadLetterTopic === undefined || raw === undefined) {
      throw new MillraceError(
        'MR_SINK_FAILED',
        `onRejected of sink ${sinkId} asks for a dead letter, and there is no topic for it`,
        { cause: error, hint: 'Give the sink a deadLetterTopic.', at: error.at },
      )
    }
    await producer.send({
      topic: deadLetterTopic,
      partition: undefined,
      key: raw.key,
      value: raw.value,
      timestampMs: Math.max(0, raw.timestamp),
      headers: [...raw.headers, ...deadLetterHeaders(error, sinkId, attempts)],
    })
  }
}

/** The coordinates have headers of their own. */
const COORDINATES: ReadonlySet<string> = new Set(['topic', 'partition', 'offset', 'sink'])

function deadLetterHeaders(error: MillraceError, sinkId: string, attempts: number): Header[] {
  const { at } = error
  const cause = error.cause instanceof Error ? error.cause : error
  const detail = Object.entries(at).filter(([name]) => !COORDINATES.has(name))
  const headers: readonly (readonly [string, string | number | undefined])[] = [
    ['__streams.errors.exception', `${cause.name}: ${cause.message}`],
    ['__streams.errors.message', cause.message],
    ['__streams.errors.stacktrace', cause.stack ?? ''],
    ['__streams.errors.topic', at['topic']],
    ['__streams.errors.partition', at['partition']],
    ['__streams.errors.offset', at['offset']],
    ['__millrace.errors.sink', sinkId],
    ['__millrace.errors.code', error.code],
    ['__millrace.errors.attempts', attempts],
    ['__millrace.errors.detail', JSON.stringify(Object.fromEntries(detail))],
  ]
  return headers.map(([key, value]) => ({ key, value: Buffer.from(String(value)) }))
}
