/** Order of unsigned bytes, a prefix before what it begins: the order of keys in every store. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

export function equalBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return Buffer.compare(a, b) === 0
}

/**
 * Bytes as a string of the same length and the same order, to be a key of a Map.
 * Code units 0 to 255 stand for the bytes, so `<` on two of them is unsigned byte order.
 */
export function bytesToMapKey(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1')
}

export function mapKeyToBytes(key: string): Buffer {
  return Buffer.from(key, 'latin1')
}

/** The same memory as a Buffer, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The smallest key greater than every key that begins with `prefix`; `undefined` when there is none (all 0xff). */
export function prefixUpperBound(prefix: Uint8Array): Uint8Array | undefined {
  let end = prefix.length
  while (end > 0 && prefix[end - 1] === 0xff) end--
  if (end === 0) return undefined
  const bound = Uint8Array.prototype.slice.call(prefix, 0, end)
  bound[end - 1] = (bound[end - 1] ?? 0) + 1
  return bound
}
