import type { MessageHeader } from '@confluentinc/kafka-javascript'
import { asBuffer } from '../../base/bytes.ts'
import type { Headers } from '../../record/headers.ts'

/** An empty Buffer over no memory at all: the client sends a header with it as null. */
const NULL_VALUE = Buffer.from(new ArrayBuffer(0))

/** An empty Buffer that points into memory: the client sends it as an empty value. */
const EMPTY_VALUE = Buffer.alloc(1).subarray(1)

/** One object with one property per header: the client reads only the first property. */
export function toNativeHeaders(headers: Headers): MessageHeader[] | undefined {
  if (headers.length === 0) return undefined
  return headers.map(({ key, value }) => ({ [key]: toHeaderValue(value) }))
}

function toHeaderValue(value: Uint8Array | null): Buffer {
  if (value === null) return NULL_VALUE
  return value.length === 0 ? EMPTY_VALUE : asBuffer(value)
}

/** To librdkafka 0 means "now". One millisecond off is the nearest that it can send. */
export function toNativeTimestamp(timestampMs: number): number {
  return timestampMs === 0 ? 1 : timestampMs
}
