import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { wordsOf } from './words.ts'

/** Names of the operators that internal topics are named after; see {@link internalTopics}. */
const GROUPING = 'words'
const STORE = 'counts'

const { nullable } = serdes

/**
 * Counts the words of the lines in `input`. Each word that comes puts its new count into `output`:
 * the word as a string, the count as an 8-byte integer.
 */
export function wordCountTopology(input: string, output: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(input, { key: nullable(serdes.string), value: nullable(serdes.string) })
    .flatMapValues((line) => wordsOf(line ?? ''), { value: serdes.string })
    .groupBy((_, word) => word, { key: serdes.string, name: GROUPING })
    .count({ store: STORE, caching: false })
    .toStream()
    .to(output, { key: serdes.string, value: serdes.long })
  return builder.build()
}

/** What the runtime creates for this topology: words on their way to be counted, and the counts. */
export function internalTopics(applicationId: string): { repartition: string; changelog: string } {
  return {
    repartition: `${applicationId}-${GROUPING}-repartition`,
    changelog: `${applicationId}-${STORE}-changelog`,
  }
}
