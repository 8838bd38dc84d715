import { serdes } from '@millrace/core'
import { sameSequences } from '../run/checks.ts'
import type { PartFactory } from './crash-part.ts'
import { numberedInputs, sequenceOf } from './inputs.ts'

const isKept = (value: string): boolean => sequenceOf(value) % 5 !== 4
const isEven = (value: string): boolean => sequenceOf(value) % 2 === 0
const twice = (value: string): string[] =>
  sequenceOf(value) % 3 === 0 ? [`${value}a`, `${value}b`] : [`${value}a`]

/** Filter, flatMap, branch and merge: each output is one input's, in the order of its key. */
export const stateless: PartFactory = ({ prefix, random, partitions, records }) => {
  const [input, even, all] = [`${prefix}-in`, `${prefix}-even`, `${prefix}-all`]
  const inputs = numberedInputs({ topic: input, random, records })
  const inMemory = { key: serdes.string, value: serdes.string }
  const results = inputs.flatMap(({ key, value }) =>
    value !== null && isKept(value) ? twice(value).map((one) => ({ key, value: one })) : [],
  )
  return {
    description: `stateless, ${records} records`,
    topics: { [input]: partitions, [even]: 1 + random.below(3), [all]: 1 + random.below(3) },
    inputs,
    addTo(builder) {
      const branches = builder
        .stream(input, inMemory)
        .filter((_, value) => isKept(value))
        .flatMap((key, value) => twice(value).map((one) => [key, one] as const), inMemory)
        .split()
        .branch('even', (_, value) => isEven(value.slice(0, -1)))
        .default('odd')
      branches.even.to(even)
      branches.even.merge(branches.odd).to(all)
    },
    check: (outcome) => [
      ...sameSequences(
        outcome,
        even,
        group(results.filter((one) => isEven(one.value.slice(0, -1)))),
      ),
      ...sameSequences(outcome, all, group(results)),
    ],
  }
}

function group(
  records: readonly { readonly key: string; readonly value: string }[],
): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>()
  for (const { key, value } of records) byKey.set(key, [...(byKey.get(key) ?? []), value])
  return byKey
}
