const HIGH_UNIT = 0x1_0000_0000
const MAX_HIGH = 0x7fff_ffff

/**
 * Java's long of a whole number, as 8 bytes. A number beyond Java's range, such as the end of an unlimited
 * window, becomes the largest long.
 */
export function writeLong(target: Buffer, value: number, at: number): void {
  const high = Math.floor(value / HIGH_UNIT)
  if (high > MAX_HIGH) {
    target.writeInt32BE(MAX_HIGH, at)
    target.writeUInt32BE(0xffff_ffff, at + 4)
    return
  }
  target.writeInt32BE(high, at)
  target.writeUInt32BE(value >>> 0, at + 4)
}

/** Exact up to 2^53, as far as numbers are. */
export function readLong(source: Buffer, at: number): number {
  return source.readInt32BE(at) * HIGH_UNIT + source.readUInt32BE(at + 4)
}
