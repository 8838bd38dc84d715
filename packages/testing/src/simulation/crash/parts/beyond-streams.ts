import { serdes } from '@millrace/core'
import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { PartFactory } from './crash-part.ts'
import { sequenceOf } from './inputs.ts'
import { operatorPart, type Texts } from './operator-part.ts'

/** How much later than others some records come: sometimes too late. */
const LATEST_MS = 2000

type Build = (stream: Texts, prefix: string) => Texts

/** What Kafka Streams has not, one of it: dedup, an as-of join, or windows of so many records. */
export const beyondStreams: PartFactory = (seed) => {
  const { random } = seed
  const kind = random.pick(['dedup', 'as-of join', 'windows of records'] as const)
  const grace = random.pick([0, 500, 5000])
  return operatorPart(seed, {
    description: `${kind}, grace ${grace} ms`,
    input: (one) =>
      random.below(8) === 0
        ? { ...one, timestampMs: one.timestampMs - random.below(LATEST_MS) }
        : one,
    build: BUILDS[kind](random, grace),
  })
}

const BUILDS: Readonly<
  Record<
    'dedup' | 'as-of join' | 'windows of records',
    (random: SeededRandom, grace: number) => Build
  >
> = {
  dedup: (random, grace) => {
    const within = random.below(2000)
    const changelogCleanup = random.pick(['compact', 'delete'] as const)
    const id = (value: string): string => String(sequenceOf(value) % 3)
    return (stream, prefix) =>
      stream.dedup({ id, within, grace, store: `${prefix}-seen`, changelogCleanup })
  },
  'as-of join': (random, grace) => {
    const tolerance = random.below(2000)
    const wait = random.below(4) > 0
    return (stream, prefix) => {
      const left = stream.filter((_, value) => sequenceOf(value) % 2 === 0)
      const right = stream.filterNot((_, value) => sequenceOf(value) % 2 === 0)
      return left.asOfLeftJoin(right, (one, other) => `${one}+${other ?? 'none'}`, {
        tolerance,
        grace,
        wait,
        store: prefix,
        value: serdes.string,
      })
    }
  },
  'windows of records': (random) => {
    const size = 1 + random.below(5)
    const advance = 1 + random.below(size)
    return (stream, prefix) =>
      stream
        .groupByKey()
        .windowedByCount({ size, advance })
        .reduce((before, value) => `${before},${value}`, { store: `${prefix}-last` })
  },
}
