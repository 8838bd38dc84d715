import { serdes } from '@millrace/core'
import { LONG, sameSequences, sameStore, TEXT } from '../run/checks.ts'
import type { PartFactory } from './crash-part.ts'
import { append, lastOf, listsByKey, numberedInputs } from './inputs.ts'

/** Aggregate, reduce and count of one grouped stream: every record once, in the order of its key. */
export const aggregate: PartFactory = ({ prefix, random, partitions, records, isCached }) => {
  const kinds = random.pick([['aggregate'], ['reduce'], ['count'], ['aggregate', 'count']])
  const input = `${prefix}-in`
  const output = (kind: string): string => `${prefix}-${kind}`
  const inputs = numberedInputs({ topic: input, random, records })
  const lists = listsByKey(inputs)
  const counts = new Map(
    [...lists].map(([key, values]) => [key, values.map((_, index) => String(index + 1))]),
  )
  return {
    description: `${kinds.join(' and ')}, ${records} records`,
    topics: { [input]: partitions, ...Object.fromEntries(kinds.map((kind) => [output(kind), 2])) },
    inputs,
    addTo(builder) {
      const grouped = builder
        .stream(input, { key: serdes.string, value: serdes.string })
        .groupByKey()
      const store = (kind: string): string => `${prefix}-${kind}-store`
      for (const kind of kinds) {
        if (kind === 'count') {
          grouped
            .count({ store: store(kind) })
            .toStream()
            .to(output(kind))
          continue
        }
        const table =
          kind === 'reduce'
            ? grouped.reduce(append, { store: store(kind) })
            : grouped.aggregate({
                init: () => '',
                add: (_, value, list) => append(list, value),
                store: store(kind),
                value: serdes.string,
              })
        table.toStream().to(output(kind))
      }
    },
    check: (outcome) =>
      kinds.flatMap((kind) => {
        const [expected, value] = kind === 'count' ? [counts, LONG] : [lists, TEXT]
        return [
          ...sameSequences(outcome, output(kind), expected, { value, maySkip: isCached }),
          ...sameStore(outcome, `${prefix}-${kind}-store`, lastOf(expected), { value }),
        ]
      }),
  }
}
