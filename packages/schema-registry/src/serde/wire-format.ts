/** Confluent's wire format: a zero byte, the id of the schema, then what the schema describes. */
export const HEADER_BYTES = 5

const MAGIC = 0
/** The form with a GUID, in headers or in front, that newer clients can be told to write. */
const GUID_MAGIC = 1

export function writeHeader(target: Buffer, id: number): void {
  target[0] = MAGIC
  target.writeInt32BE(id, 1)
}

/** The id of the schema. @throws RangeError for bytes that are not in this format */
export function readSchemaId(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC) throw notInFormat(bytes)
  const [, a = 0, b = 0, c = 0, d = 0] = bytes
  return (a << 24) | (b << 16) | (c << 8) | d
}

function notInFormat(bytes: Uint8Array): RangeError {
  const first = bytes[0]
  const begins =
    first === undefined
      ? 'there are none'
      : `they begin with 0x${first.toString(16).padStart(2, '0')}`
  const told =
    first === GUID_MAGIC
      ? 'a schema GUID, which is not supported'
      : `${begins}, and there are ${bytes.length}`
  return new RangeError(
    `the bytes have no schema id: 0x00 and four bytes are expected in front, but found ${told}`,
  )
}
