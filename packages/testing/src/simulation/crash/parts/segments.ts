/**
 * True when a store by time takes a write: the segment that it falls into is not dropped yet. Reads are
 * stricter, to the millisecond. Segments are half a retention long (Kafka Streams: `Stores`).
 */
export function isLive(timeMs: number, highestMs: number, retentionMs: number): boolean {
  const segmentMs = Math.max(retentionMs / 2, 60_000)
  const oldestMs = Math.max(highestMs, timeMs) - retentionMs
  return Math.floor(timeMs / segmentMs) >= Math.floor(oldestMs / segmentMs)
}
