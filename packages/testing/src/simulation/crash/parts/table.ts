import { serdes } from '@millrace/core'
import { finalValues, sameStore, TEXT } from '../run/checks.ts'
import type { InputRecord, PartFactory } from './crash-part.ts'
import { numberedInputs, sequenceOf } from './inputs.ts'

/** A sorted list without doubles, with what went wrong in it. */
function added(list: string, value: string): string {
  const values = list === '' ? [] : list.split(' ')
  return [...values, values.includes(value) ? `!twice(${value})` : value].sort().join(' ')
}

/** Null when nothing is left, which deletes the row. */
function taken(list: string, value: string): string | null {
  const values = list.split(' ')
  if (!values.includes(value)) return [...values, `!missing(${value})`].sort().join(' ')
  const rest = values.filter((one) => one !== value)
  return rest.length === 0 ? null : rest.join(' ')
}

/**
 * A table grouped by a part of its value: rows move between groups, so each update takes one out and
 * adds one. A change that came twice, or not at all, shows in the group.
 */
export const table: PartFactory = ({ prefix, random, partitions, records, isCached }) => {
  const groups = 1 + random.below(4)
  const [input, output] = [`${prefix}-in`, `${prefix}-groups`]
  const inputs = numberedInputs({ topic: input, random, records }).map((one): InputRecord =>
    random.below(8) === 0 ? { ...one, value: null } : one,
  )
  const groupOf = (value: string): string =>
    `g${(sequenceOf(value) + Number(value[1] ?? 0)) % groups}`
  const { rows, changes } = reference(inputs, groupOf)
  const string = { key: serdes.string, value: serdes.string }
  return {
    description: `table in ${groups} group(s), ${records} records`,
    topics: { [input]: partitions, [output]: 1 + random.below(3) },
    inputs,
    addTo(builder) {
      builder
        .table(input, { ...string, store: `${prefix}-rows` })
        .groupBy((_, value) => [groupOf(value), value], { ...string, name: `${prefix}-by` })
        .aggregate({
          init: () => '',
          adder: (_, value, list) => added(list, value),
          subtractor: (_, value, list) => taken(list, value),
          store: `${prefix}-store`,
          value: serdes.string,
        })
        .toStream()
        .to(output)
    },
    check: (outcome) => [
      ...finalValues(outcome, output, rows, {
        ...(isCached ? {} : { counts: changes }),
        isWrong: (value) => value.includes('!'),
      }),
      ...sameStore(outcome, `${prefix}-store`, rows, { value: TEXT }),
    ],
  }
}

/** The groups at the end, and how often each changed. */
function reference(
  inputs: readonly InputRecord[],
  groupOf: (value: string) => string,
): { readonly rows: ReadonlyMap<string, string>; readonly changes: ReadonlyMap<string, number> } {
  const current = new Map<string, string>()
  const changes = new Map<string, number>()
  for (const { key, value } of inputs) {
    const before = current.get(key)
    const touched = new Set(
      [before, value ?? undefined].flatMap((one) => (one === undefined ? [] : [groupOf(one)])),
    )
    for (const group of touched) changes.set(group, (changes.get(group) ?? 0) + 1)
    if (value === null) current.delete(key)
    else current.set(key, value)
  }
  const rows = new Map<string, string>()
  for (const value of current.values()) {
    const group = groupOf(value)
    rows.set(group, added(rows.get(group) ?? '', value))
  }
  return { rows, changes }
}
