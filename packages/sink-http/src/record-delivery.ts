import { MillraceError, type SinkRecord, type SinkWriteControl } from '@millrace/core'
import type { Delivery } from './delivery.ts'
import type { HttpAnswer } from './http-answer.ts'
import type { HttpRequest } from './http-request.ts'
import type { HttpRecordSinkOptions, ResponseRecord } from './http-sink-options.ts'
import type { DeliverBatch, Write } from './http-writer.ts'
import { laneOfKey, Lanes } from './lanes.ts'
import { coordinates, invalidRecord, refusedTombstone, unanswerable } from './record-errors.ts'
import type { RequestPlan } from './request/request-plan.ts'

/** What delivers records one by one stands on. */
export interface RecordDeliveryParts<K, V> {
  readonly delivery: Delivery
  readonly plan: RequestPlan<SinkRecord<K, V>>
  readonly options: Pick<
    HttpRecordSinkOptions<K, V>,
    'order' | 'onTombstone' | 'onResponse' | 'responseTopic'
  >
}

/** Delivers each record of a batch by itself, for one partition: its lanes reach over batches. */
export function deliverRecords<K, V>(parts: RecordDeliveryParts<K, V>): DeliverBatch<K, V> {
  const lanes = new Lanes()
  const { order = 'key' } = parts.options
  const laneOf = (record: SinkRecord<K, V>): string | undefined => {
    if (order === 'none') return undefined
    return order === 'partition' ? '' : laneOfKey(record.key)
  }
  return async (write) => {
    const { records } = write.batch
    await Promise.all(
      records
        .filter((record) => !write.finished.has(record))
        .map((record) => lanes.run(laneOf(record), () => deliverOne(parts, write, record))),
    )
  }
}

/** Does not reject: what fails stops the round. */
async function deliverOne<K, V>(
  parts: RecordDeliveryParts<K, V>,
  write: Write<K, V>,
  record: SinkRecord<K, V>,
): Promise<void> {
  const { round, finished, control } = write
  if (round.stopping.aborted) return
  try {
    const request = requestOf(parts, record)
    if (request !== undefined) {
      const answer = await parts.delivery.deliver(request, coordinates(record), round)
      await respond(parts, answer, record, control)
    }
    finished.add(record)
  } catch (error) {
    await rejectOrStop(write, record, error)
  }
}

/** Hands a rejected record on; any other error stops the round. */
async function rejectOrStop<K, V>(
  { control, finished, round }: Write<K, V>,
  record: SinkRecord<K, V>,
  error: unknown,
): Promise<void> {
  if (!MillraceError.is(error, 'MR_SINK_REJECTED')) {
    round.stop(error)
    return
  }
  try {
    await control.reject(record, error)
    finished.add(record)
  } catch (stop) {
    round.stop(stop)
  }
}

/** Undefined for a tombstone that is ignored. */
function requestOf<K, V>(
  { plan, options, delivery }: RecordDeliveryParts<K, V>,
  record: SinkRecord<K, V>,
): HttpRequest | undefined {
  const { onTombstone = 'fail' } = options
  const isTombstone = record.value === null
  if (isTombstone && onTombstone === 'ignore') return undefined
  if (isTombstone && onTombstone === 'fail') throw refusedTombstone(coordinates(record))
  try {
    return plan.build(record, delivery.context.sinkId, isTombstone && onTombstone === 'delete')
  } catch (error) {
    throw invalidRecord(error, coordinates(record))
  }
}

async function respond<K, V>(
  { options }: RecordDeliveryParts<K, V>,
  answer: HttpAnswer,
  record: SinkRecord<K, V>,
  control: SinkWriteControl<K, V>,
): Promise<void> {
  const { onResponse, responseTopic } = options
  if (onResponse === undefined || responseTopic === undefined) return
  let response: ResponseRecord | undefined
  try {
    response = onResponse(answer, record)
  } catch (error) {
    throw unanswerable(error, coordinates(record))
  }
  if (response === undefined) return
  if (control.emit === undefined) {
    throw new MillraceError('MR_SINK_FAILED', 'The runtime does not write response topics', {
      hint: 'Use versions of @millrace/core and @millrace/sink-http that belong together.',
    })
  }
  const { key, value, headers = {} } = response
  await control.emit({
    topic: responseTopic,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: Object.entries(headers).map(([name, it]) => ({ key: name, value: bytesOf(it) })),
  })
}

function bytesOf(content: string | Uint8Array | null): Uint8Array | null {
  return typeof content === 'string' ? Buffer.from(content) : content
}
