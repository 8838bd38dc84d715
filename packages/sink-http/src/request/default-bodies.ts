import type { SinkBatch, SinkRecord } from '@millrace/core'
import type { HttpBody } from '../http-sink-options.ts'

/** The value: bytes and text as they are, anything else as JSON. */
export function bodyOfRecord(record: Pick<SinkRecord<unknown, unknown>, 'value'>): HttpBody {
  const { value } = record
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  const json = JSON.stringify(value) as string | undefined // functions and symbols give undefined
  if (json === undefined) throw new TypeError('the value cannot be written as JSON; give a `body`')
  return json
}

/** Of {@link bodyOfRecord}, where it is text. */
export function typeOfRecord(record: Pick<SinkRecord<unknown, unknown>, 'value'>): string {
  return typeof record.value === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
}

/** The values as a JSON array. Bytes have no form in JSON. */
export function bodyOfBatch(batch: Pick<SinkBatch<unknown, unknown>, 'records'>): HttpBody {
  const values = batch.records.map(({ value }) => {
    if (value instanceof Uint8Array) throw new TypeError('bytes are no JSON; give a `body`')
    return value
  })
  return JSON.stringify(values)
}
