import { type KStream, serdes } from '@millrace/core'
import { grownLists, sameSequences, sameStore, TEXT } from '../run/checks.ts'
import type { PartFactory } from './crash-part.ts'
import { append, lastOf, listsByKey, numberedInputs, sequenceOf, valuesByKey } from './inputs.ts'

/**
 * Two hops over repartition topics. The first gathers all keys into a few groups, whose order among
 * keys nobody knows; the second takes them apart again: then each key's order is known.
 */
export const repartition: PartFactory = (seed) => {
  const { prefix, random, partitions, records } = seed
  const groups = 1 + random.below(3)
  const hops = 1 + random.below(2)
  const partitionsThere = 1 + random.below(3)
  const input = `${prefix}-in`
  const [gathered, apart] = [`${prefix}-gathered`, `${prefix}-apart`]
  const inputs = numberedInputs({ topic: input, random, records })
  const string = { key: serdes.string, value: serdes.string }
  const groupOf = (key: string): string => `g${Number(key.slice(1)) % groups}`
  const originOf = (value: string): string => value.slice(0, value.indexOf(':'))
  const expected = new Map<string, string[][]>()
  for (const [key, values] of valuesByKey(inputs)) {
    expected.set(groupOf(key), [...(expected.get(groupOf(key)) ?? []), values])
  }
  const lists = listsByKey(inputs)
  const addFirst = (stream: KStream<string, string>): void => {
    stream
      .groupBy((key) => groupOf(key), { ...string, name: `${prefix}-first` })
      .aggregate({
        init: () => '',
        add: (_, value, list) => append(list, value),
        store: `${prefix}-first-store`,
        value: serdes.string,
      })
      .toStream()
      .to(gathered)
  }
  const addSecond = (stream: KStream<string, string>): void => {
    stream
      .selectKey((key) => groupOf(key), { key: serdes.string })
      .repartition({ name: `${prefix}-there`, ...string, partitions: partitionsThere })
      .groupBy((_, value) => originOf(value), { ...string, name: `${prefix}-back` })
      .reduce(append, { store: `${prefix}-second-store` })
      .toStream()
      .to(apart)
  }
  return {
    description: `${hops} hop(s) into ${groups} group(s), ${records} records`,
    topics: { [input]: partitions, [gathered]: 1 + random.below(3), [apart]: 2 },
    inputs,
    addTo(builder) {
      const stream = builder.stream(input, string).filter((_, value) => sequenceOf(value) >= 0)
      addFirst(stream)
      if (hops === 2) addSecond(stream)
    },
    check: (outcome) => [
      ...grownLists(outcome, gathered, expected, { maySkip: seed.isCached }),
      ...(hops === 1
        ? []
        : [
            ...sameSequences(outcome, apart, lists, { maySkip: seed.isCached }),
            ...sameStore(outcome, `${prefix}-second-store`, lastOf(lists), { value: TEXT }),
          ]),
    ],
  }
}
