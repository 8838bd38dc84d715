import { serdes } from '@millrace/core'
import type { PartFactory } from './crash-part.ts'
import { sequenceOf } from './inputs.ts'
import { operatorPart } from './operator-part.ts'

/** How much later than others some records come: sometimes too late for their row. */
const LATEST_MS = 2000

/** Rows that end when they are left alone for a time. What ends between which records is decided by these alone. */
export const tableTtl: PartFactory = (seed) => {
  const { random } = seed
  const ttl = random.pick([150, 600, 1500])
  const checkInterval = random.pick([1, 100, 400])
  const value = serdes.nullable(serdes.string)
  return operatorPart(seed, {
    description: `table whose rows live for ${ttl} ms, looked for every ${checkInterval} ms`,
    input: (one) =>
      random.below(8) === 0
        ? { ...one, timestampMs: Math.max(0, one.timestampMs - random.below(LATEST_MS)) }
        : one,
    build: (stream, prefix) =>
      stream
        .mapValues((text) => (sequenceOf(text) % 5 === 4 ? null : text), { value })
        .toTable({ store: `${prefix}-rows`, caching: false })
        // With a cache a row that ends in the commit in which it came is never seen.
        .ttl(ttl, { by: 'event-time', checkInterval, store: `${prefix}-live`, caching: false })
        .toStream(),
  })
}
