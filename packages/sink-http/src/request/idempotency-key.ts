import type { SinkBatch, SinkRecord } from '@millrace/core'
import { TemplateError } from '../template/template.ts'

/** What of a record its default key is made of. */
export type KeyedRecord = Pick<
  SinkRecord<unknown, unknown>,
  'topic' | 'partition' | 'offset' | 'index'
>

/** What of a batch its default key is made of. */
export type KeyedBatch = Pick<
  SinkBatch<unknown, unknown>,
  'topic' | 'partition' | 'firstOffset' | 'lastOffset'
>

/** Receivers cut or refuse longer ones; 255 is the bound of those that publish one. */
const MAX_LENGTH = 255
const PRINTABLE = /^[\x20-\x7e]+$/

/** The key of a record: where it came from, under the sink's name. */
export function recordKey(sinkId: string, record: KeyedRecord): string {
  const key = `${ascii(sinkId)}/${record.topic}/${record.partition}/${record.offset}`
  return record.index === 0 ? key : `${key}/${record.index}`
}

/** The key of a batch: its first and its last offset. */
export function batchKey(sinkId: string, batch: KeyedBatch): string {
  const { topic, partition, firstOffset, lastOffset } = batch
  return `${ascii(sinkId)}/${topic}/${partition}/${firstOffset}-${lastOffset}`
}

/** An application id may have any characters, a header may not. */
const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]+/gu, (other) => encodeURIComponent(other))

/** The value of the header. @throws TemplateError for a key that no header can carry. */
export function keyHeader(key: string, isQuoted: boolean): string {
  if (!PRINTABLE.test(key)) {
    throw new TemplateError('the idempotency key must be printable ASCII characters, one at least')
  }
  // RFC 9651, 3.3.3: a string of structured fields.
  return isQuoted ? `"${key.replace(/["\\]/g, '\\$&')}"` : key
}

/** A key that a function gave. @throws TemplateError for one that receivers cut or refuse. */
export function checkedKey(key: string): string {
  if (key.length <= MAX_LENGTH) return key
  throw new TemplateError(`the idempotency key has more than ${MAX_LENGTH} characters`)
}
