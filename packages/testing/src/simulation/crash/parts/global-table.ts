import {
  type Processor,
  type ProcessorContext,
  type ReadOnlyKeyValueStore,
  serdes,
  StreamRecord,
  type ValueAndTimestamp,
} from '@millrace/core'
import { finalValues, TEXT } from '../run/checks.ts'
import type { Outcome } from '../run/outcome.ts'
import type { Difference, InputRecord, PartFactory } from './crash-part.ts'
import { numberedInputs, sequenceOf } from './inputs.ts'

type Rows = ReadOnlyKeyValueStore<string, ValueAndTimestamp<string>>

const LOOK_MS = 300
const string = { key: serdes.string, value: serdes.string }

/**
 * A global table that changes while records are joined with it. Which version a record sees is nobody's promise,
 * but each is joined once, and with one that there was; and in the end every task sees all of the table.
 */
export const globalTable: PartFactory = ({ prefix, random, partitions, records }) => {
  const keys = 1 + random.below(5)
  const [input, global, output, looks] = ['in', 'global', 'out', 'looks'].map(
    (name) => `${prefix}-${name}`,
  ) as [string, string, string, string] // one for each of four names
  const kind = random.pick(['inner', 'left'] as const)
  const rows = numberedInputs({ topic: global, random, records, keys, keyPrefix: 'g' }).map(
    (one): InputRecord => (random.below(6) === 0 ? { ...one, value: null } : one),
  )
  const events = numberedInputs({ topic: input, random, records })
  const seen = everywhere(rows, partitions)
  const seenEverywhere = (outcome: Outcome): readonly Difference[] =>
    finalValues(outcome, looks, seen, { isWrong: () => false })
  const keyOf = (value: string): string => `g${sequenceOf(value) % (keys + 1)}`
  return {
    description: `${kind} join with a global table of ${keys} row(s), ${2 * records} records`,
    topics: { [input]: partitions, [global]: 1 + random.below(3), [output]: 2, [looks]: 1 },
    inputs: shuffled(rows, events, (bound) => random.below(bound)),
    globalTopics: [global],
    addTo(builder) {
      const store = `${prefix}-rows`
      const table = builder.globalTable(global, { ...string, store })
      const stream = builder.stream(input, string)
      const options = { key: (_: string, value: string) => keyOf(value), value: serdes.string }
      const joined =
        kind === 'inner'
          ? stream.join(table, (left, right) => `${left}+${right}`, options)
          : stream.leftJoin(table, (left, right) => `${left}+${right ?? 'none'}`, options)
      joined.to(output)
      stream.process(() => new Looker(store), string).to(looks)
    },
    isComplete: (outcome) => seenEverywhere(outcome).length === 0,
    check: (outcome) => [
      ...eachOnce(outcome, { output, events, kind, candidates: candidatesOf(rows, keyOf) }),
      ...seenEverywhere(outcome),
    ],
  }
}

/** Tells what it sees of the table, whenever that is news to it. */
class Looker implements Processor<string, string, string, string> {
  readonly #store: string
  #last: string | undefined

  constructor(store: string) {
    this.#store = store
  }

  init(context: ProcessorContext<string, string>): void {
    const rows = context.getStateStore(this.#store) as Rows // made by the global table
    context.schedule(LOOK_MS, 'wall-clock-time', (nowMs) => {
      const seen = printed(new Map([...rows.all()].map(([key, { value }]) => [key, value])))
      if (seen === this.#last) return
      this.#last = seen
      return context.forward(new StreamRecord(String(context.partition), seen, nowMs))
    })
  }

  process(): void {
    // Looks only.
  }
}

/** The records of both, each in their order. */
function shuffled(
  a: readonly InputRecord[],
  b: readonly InputRecord[],
  below: (bound: number) => number,
): readonly InputRecord[] {
  const [left, right] = [[...a].reverse(), [...b].reverse()]
  const all: InputRecord[] = []
  while (left.length + right.length > 0) {
    const next = below(left.length + right.length) < left.length ? left.pop() : right.pop()
    if (next !== undefined) all.push(next)
  }
  return all
}

/** What a value may be joined with: what its row ever was, which at first was nothing. */
function candidatesOf(
  rows: readonly InputRecord[],
  keyOf: (value: string) => string,
): (value: string) => ReadonlySet<string> {
  const byKey = new Map<string, Set<string>>()
  for (const { key, value } of rows) {
    const known = byKey.get(key) ?? new Set(['none'])
    byKey.set(key, known.add(value ?? 'none'))
  }
  return (value) => byKey.get(keyOf(value)) ?? new Set(['none'])
}

function everywhere(rows: readonly InputRecord[], partitions: number): ReadonlyMap<string, string> {
  const table = new Map<string, string>()
  for (const { key, value } of rows) {
    if (value === null) table.delete(key)
    else table.set(key, value)
  }
  const seen = printed(table)
  return new Map(Array.from({ length: partitions }, (_, partition) => [String(partition), seen]))
}

function printed(rows: ReadonlyMap<string, string>): string {
  const entries = [...rows].map(([key, value]) => `${key}=${value}`)
  return entries.length === 0 ? '(empty)' : entries.sort().join(' ')
}

interface JoinedOnce {
  readonly output: string
  readonly events: readonly InputRecord[]
  readonly kind: 'inner' | 'left'
  readonly candidates: (value: string) => ReadonlySet<string>
}

/** An inner join may leave one out: its row was not there, or is not for good. */
function eachOnce(
  outcome: Outcome,
  { output, events, kind, candidates }: JoinedOnce,
): readonly Difference[] {
  const results = joinedWith(outcome, output)
  const problems = events.flatMap(({ value }): Difference[] => {
    const left = value ?? ''
    const [first, ...more] = results.get(left) ?? []
    const possible = candidates(left)
    const isThere = first !== undefined && more.length === 0 && possible.has(first)
    const mayBeMissing = first === undefined && kind === 'inner' && possible.has('none')
    if (isThere || mayBeMissing) return []
    const expected = `once, with one of ${[...possible].join(', ')}`
    return [{ where: `${output}, ${left}`, expected, actual: [first, ...more].join(', ') }]
  })
  const given = new Set(events.map(({ value }) => value))
  const strangers = [...results.keys()].filter((left) => !given.has(left))
  return [
    ...problems,
    ...strangers.map((actual) => ({ where: output, expected: 'only what was given', actual })),
  ]
}

/** What each value was joined with. */
function joinedWith(outcome: Outcome, output: string): ReadonlyMap<string, readonly string[]> {
  const results = new Map<string, string[]>()
  for (const { value } of outcome.records(output)) {
    const [left = '', right = ''] = value === null ? [] : TEXT(value).split('+')
    results.set(left, [...(results.get(left) ?? []), right])
  }
  return results
}
