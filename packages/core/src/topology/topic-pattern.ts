/**
 * True when the whole of `topic` matches, as in Kafka Streams: `/a.c/` does not match `xabc`.
 * The flags `g` and `y`, which make a RegExp remember a position, are ignored.
 */
export function matchesTopic(pattern: RegExp, topic: string): boolean {
  const flags = pattern.flags.replace(/[gy]/g, '')
  return new RegExp(`^(?:${pattern.source})$`, flags).test(topic)
}
