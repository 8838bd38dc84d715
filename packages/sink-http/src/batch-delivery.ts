import { createHash } from 'node:crypto'
import { MillraceError, type SinkBatch, type SinkRecord } from '@millrace/core'
import type { Coordinates, Delivery } from './delivery.ts'
import { type HttpAnswer, HttpAnswerError } from './http-answer.ts'
import type { HttpBatchSinkOptions, ItemOutcome } from './http-sink-options.ts'
import type { DeliverBatch, Write } from './http-writer.ts'
import { Lanes } from './lanes.ts'
import { coordinates, invalidRecord, refusedTombstone } from './record-errors.ts'
import type { RequestPlan } from './request/request-plan.ts'

/** What delivers batches stands on. */
export interface BatchDeliveryParts<K, V> {
  readonly delivery: Delivery
  readonly plan: RequestPlan<SinkBatch<K, V>>
  readonly options: Pick<HttpBatchSinkOptions<K, V>, 'order' | 'onTombstone' | 'batch'>
}

/** A batch, or what is left of one. */
export interface PartOfBatch<K, V> extends SinkBatch<K, V> {
  /** Tells its records from all those between its first and its last; undefined where it has them all. */
  readonly gaps?: string
}

/** Statuses that may be about some of the records: the batch is halved until it is known which. */
const DIVISIBLE: ReadonlySet<number> = new Set([400, 413, 422])

/** Delivers batches as one request each, for one partition. */
export function deliverBatches<K, V>(parts: BatchDeliveryParts<K, V>): DeliverBatch<K, V> {
  const lanes = new Lanes()
  const lane = (parts.options.order ?? 'partition') === 'partition' ? '' : undefined
  return async (write) => {
    await lanes.run(lane, async () => {
      try {
        const rest = await withoutTombstones(parts, write)
        await deliverPart(parts, write, partOf(write.batch, rest))
      } catch (error) {
        write.round.stop(error)
      }
    })
  }
}

/** What is to be sent: neither what is finished, nor what is not sent at all. */
async function withoutTombstones<K, V>(
  { options }: BatchDeliveryParts<K, V>,
  { batch, finished, control }: Write<K, V>,
): Promise<readonly SinkRecord<K, V>[]> {
  const { onTombstone = 'fail' } = options
  const open = batch.records.filter((record) => !finished.has(record))
  if (onTombstone === 'send') return open
  for (const record of open) {
    if (record.value !== null) continue
    if (onTombstone === 'fail') {
      await control.reject(record, refusedTombstone(coordinates(record)))
    }
    finished.add(record)
  }
  return open.filter(({ value }) => value !== null)
}

async function deliverPart<K, V>(
  parts: BatchDeliveryParts<K, V>,
  write: Write<K, V>,
  whole: PartOfBatch<K, V>,
): Promise<void> {
  const { delivery, options } = parts
  let part = whole
  for (let attempts = 1; part.records.length > 0; attempts++) {
    if (write.round.stopping.aborted) return
    let answer: HttpAnswer
    try {
      answer = await send(parts, write, part)
    } catch (error) {
      await divideOrReject(parts, write, part, error)
      return
    }
    const outcomes = outcomesOf(options, answer, part)
    const again = await settle(write, part, outcomes)
    if (again.length === 0) return
    part = partOf(part, again)
    await delivery.pauseAfter(attempts, answer, write.round)
  }
}

async function send<K, V>(
  { plan, delivery }: BatchDeliveryParts<K, V>,
  { round }: Write<K, V>,
  part: PartOfBatch<K, V>,
): Promise<HttpAnswer> {
  const at = batchCoordinates(part)
  let request
  try {
    request = plan.build(part, delivery.context.sinkId, false)
  } catch (error) {
    throw invalidRecord(error, at)
  }
  return await delivery.deliver(request, at, round)
}

/** Looks for the records that a refusal is about, by halves; without that each of them is rejected. */
async function divideOrReject<K, V>(
  parts: BatchDeliveryParts<K, V>,
  write: Write<K, V>,
  part: PartOfBatch<K, V>,
  error: unknown,
): Promise<void> {
  if (!MillraceError.is(error, 'MR_SINK_REJECTED')) throw error
  const { records } = part
  if (records.length > 1 && isDivisible(error)) {
    const middle = Math.ceil(records.length / 2)
    // One after the other: the order of the records is kept.
    await deliverPart(parts, write, partOf(part, records.slice(0, middle)))
    await deliverPart(parts, write, partOf(part, records.slice(middle)))
    return
  }
  for (const record of records) {
    const at = { ...error.at, ...coordinates(record) }
    const { code, message, cause, hint } = error
    await write.control.reject(
      record,
      new MillraceError(code, message, { cause, at, ...(hint === undefined ? {} : { hint }) }),
    )
    write.finished.add(record)
  }
}

function isDivisible({ cause, at }: MillraceError): boolean {
  if (cause instanceof HttpAnswerError) return DIVISIBLE.has(cause.status)
  // Without an attempt no request could be made, of which one record may be the reason.
  return at['attempts'] === undefined
}

function outcomesOf<K, V>(
  options: BatchDeliveryParts<K, V>['options'],
  answer: HttpAnswer,
  part: PartOfBatch<K, V>,
): readonly ItemOutcome[] {
  const { outcomes } = options.batch
  if (outcomes === undefined) return part.records.map(() => 'done' as const)
  const read = outcomes(answer, part)
  if (read.length === part.records.length) return read
  throw new MillraceError(
    'MR_SINK_FAILED',
    `batch.outcomes gave ${read.length} outcomes for ${part.records.length} records`,
    { hint: 'Give one for each record, in their order.', at: batchCoordinates(part) },
  )
}

/** Ends what is decided, and gives what is to be sent again. */
async function settle<K, V>(
  { control, finished }: Write<K, V>,
  part: PartOfBatch<K, V>,
  outcomes: readonly ItemOutcome[],
): Promise<readonly SinkRecord<K, V>[]> {
  const again: SinkRecord<K, V>[] = []
  for (const [i, record] of part.records.entries()) {
    const outcome = outcomes[i]
    if (outcome === 'retry') {
      again.push(record)
      continue
    }
    if (typeof outcome === 'object')
      await control.reject(record, refusedItem(record, outcome.reject))
    finished.add(record)
  }
  return again
}

function refusedItem(record: SinkRecord<unknown, unknown>, reason: string): MillraceError {
  return new MillraceError('MR_SINK_REJECTED', 'The target refused one record of a batch', {
    cause: new Error(reason),
    hint: 'Mend the record or the target.',
    at: coordinates(record),
  })
}

/** The same after each restart: what is left depends on answers, and those on the idempotency key. */
function partOf<K, V>(
  whole: PartOfBatch<K, V>,
  records: readonly SinkRecord<K, V>[],
): PartOfBatch<K, V> {
  const [first, last] = [records[0], records.at(-1)]
  if (first === undefined || last === undefined) return { ...whole, records }
  if (records.length === whole.records.length) return whole
  const start = whole.records.indexOf(first)
  const isRun = whole.records[start + records.length - 1] === last
  const { gaps } = whole
  return {
    ...whole,
    records,
    firstOffset: first.offset,
    lastOffset: last.offset,
    ...(isRun && gaps === undefined ? {} : { gaps: placesHash(records) }),
  }
}

function placesHash(records: readonly SinkRecord<unknown, unknown>[]): string {
  const places = records.map(({ offset, index }) => `${offset}/${index}`).join()
  return createHash('sha256').update(places).digest('hex').slice(0, 16)
}

function batchCoordinates(batch: SinkBatch<unknown, unknown>): Coordinates {
  const { topic, partition, firstOffset, lastOffset } = batch
  return { topic, partition, firstOffset, lastOffset }
}
