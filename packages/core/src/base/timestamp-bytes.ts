/** Java's long of a time that is not negative, as 8 bytes. */
export function writeTimestamp(target: Buffer, timestampMs: number, at: number): void {
  target.writeUInt32BE(Math.floor(timestampMs / 0x1_0000_0000), at)
  target.writeUInt32BE(timestampMs >>> 0, at + 4)
}

export function readTimestamp(source: Buffer, at: number): number {
  return source.readUInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4)
}

/** The same bytes as a text of one code unit a byte; see `bytesToMapKey`. */
export function timestampText(timestampMs: number): string {
  const high = Math.floor(timestampMs / 0x1_0000_0000)
  const low = timestampMs >>> 0
  return String.fromCharCode(
    high >>> 24,
    (high >>> 16) & 0xff,
    (high >>> 8) & 0xff,
    high & 0xff,
    low >>> 24,
    (low >>> 16) & 0xff,
    (low >>> 8) & 0xff,
    low & 0xff,
  )
}

export function timestampOfText(text: string, at: number): number {
  let high = 0
  let low = 0
  for (let i = 0; i < 4; i++) {
    high = high * 0x100 + text.charCodeAt(at + i)
    low = low * 0x100 + text.charCodeAt(at + 4 + i)
  }
  return high * 0x1_0000_0000 + low
}
