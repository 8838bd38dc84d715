/** Java's long of a time that is not negative, as 8 bytes. */
export function writeTimestamp(target: Buffer, timestampMs: number, at: number): void {
  target.writeUInt32BE(Math.floor(timestampMs / 0x1_0000_0000), at)
  target.writeUInt32BE(timestampMs >>> 0, at + 4)
}

export function readTimestamp(source: Buffer, at: number): number {
  return source.readUInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4)
}
