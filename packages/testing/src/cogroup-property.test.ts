import { serdes, StreamsBuilder, type Topology, tumbling } from '@millrace/core'
import { test } from 'node:test'
import type { SeededRandom } from './contract/seeded-random.ts'
import { forSeeds, replay, ReplayBed, type ReplayModel } from './replay-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 120
const STEPS = 60
const INPUTS = ['l', 'm', 'r'] as const
const TEXT = { key: serdes.nullable(serdes.string), value: serdes.nullable(serdes.string) }

type Text = string | null
type Input = (typeof INPUTS)[number]
/** key, or key@start; value; timestamp */
type Output = readonly [string, Text, number]

interface Rules {
  /** Undefined: no windows. */
  readonly windows: { readonly sizeMs: number; readonly graceMs: number } | undefined
  /** How many of the inputs the cogroup has. */
  readonly inputs: number
}

interface Update {
  readonly key: Text
  readonly value: Text
  readonly timestampMs: number
  readonly input: Input
}

/** Each input adds in its own way; one that ends with an x deletes. */
const ADD: Readonly<Record<Input, (value: Text, all: string) => Text>> = {
  l: (value, all) => deletable(`${all}(${value})`),
  m: (value, all) => deletable(`${value}<${all}`),
  r: (value, all) => deletable(`${all}${value?.toUpperCase() ?? '?'}`.slice(-6)),
}

function deletable(text: string): Text {
  return /x$/i.test(text) ? null : text
}

/** One topic, so that the order of the inputs' records is known; the first letter of a value says whose it is. */
function topology({ windows, inputs }: Rules): Topology {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', TEXT)
  const [first, ...others] = INPUTS.slice(0, inputs).map((input) => ({
    grouped: stream
      .filter((_key, value) => value?.startsWith(input) === true)
      .mapValues((value) => (value === `${input}null` ? null : (value?.slice(1) ?? '')), {
        value: TEXT.value,
      })
      .groupByKey(),
    add: (_key: unknown, value: Text, all: string) => ADD[input](value, all),
  }))
  if (first === undefined) throw new TypeError('a cogroup has an input')
  let cogrouped = first.grouped.cogroup(first.add)
  for (const { grouped, add } of others) cogrouped = cogrouped.cogroup(grouped, add)
  const options = { init: () => '', value: serdes.string, store: 'rows' }
  if (windows === undefined) cogrouped.aggregate(options).toStream().to('out')
  else {
    const { sizeMs, graceMs } = windows
    cogrouped
      .windowedBy(tumbling(sizeMs, { grace: graceMs }))
      .aggregate(options)
      .toStream()
      .map<string, Text>(({ key, window }, value) => [`${key}@${window.startMs}`, value])
      .to('out', { key: serdes.string, value: TEXT.value })
  }
  return builder.build()
}

interface Row {
  readonly value: string
  readonly timestampMs: number
}

/** One row a key, or a key and window, and a time for each input. */
class Model implements ReplayModel<Update, Output> {
  readonly #rules: Rules
  #rows = new Map<string, Row>()
  #times = new Map<Input, number>()
  /** The newest window that was written, by any input: those of a retention before it are not found any more. */
  #newestMs = -1

  constructor(rules: Rules) {
    this.#rules = rules
  }

  copy(): Model {
    const copy = new Model(this.#rules)
    copy.#rows = new Map(this.#rows)
    copy.#times = new Map(this.#times)
    copy.#newestMs = this.#newestMs
    return copy
  }

  update({ key, value, timestampMs, input }: Update): readonly Output[] {
    const { windows, inputs } = this.#rules
    if (key === null || !INPUTS.slice(0, inputs).includes(input)) return []
    if (windows === undefined)
      return value === null ? [] : [this.#add(key, { value, timestampMs, input })]
    const { sizeMs, graceMs } = windows
    const nowMs = Math.max(this.#times.get(input) ?? -1, timestampMs)
    this.#times.set(input, nowMs)
    const startMs = timestampMs - (timestampMs % sizeMs)
    if (startMs + sizeMs <= nowMs - graceMs) return []
    const name = `${key}@${startMs}`
    if (startMs <= this.#newestMs - sizeMs - graceMs) this.#rows.delete(name)
    this.#newestMs = Math.max(this.#newestMs, startMs)
    return [this.#add(name, { value, timestampMs, input })]
  }

  #add(name: string, { value, timestampMs, input }: Omit<Update, 'key'>): Output {
    const row = this.#rows.get(name)
    const after = ADD[input](value, row?.value ?? '')
    const rowMs = Math.max(timestampMs, row?.timestampMs ?? -1)
    if (after === null) this.#rows.delete(name)
    else this.#rows.set(name, { value: after, timestampMs: rowMs })
    return [name, after, rowMs]
  }
}

async function run(random: SeededRandom): Promise<void> {
  const rules: Rules = {
    windows: random.below(2) === 0 ? undefined : { sizeMs: 20, graceMs: random.pick([0, 5, 40]) },
    inputs: 1 + random.below(INPUTS.length),
  }
  const driver = await TopologyTestDriver.create(topology(rules), { commit: 'manual' })
  const input = driver.input('in', TEXT)
  const output = driver.output('out', { key: serdes.string, value: TEXT.value })
  const bed = new ReplayBed<Update, Output>(driver, new Model(rules), {
    pipe: ({ key, value, timestampMs, input: to }) =>
      input.pipe(key, `${to}${value}`, { timestampMs }),
    read: () =>
      output
        .readRecords()
        .map(({ key, value, timestampMs }): Output => [key ?? '', value, timestampMs]),
  })
  let nowMs = 0
  await replay(bed, random, STEPS, () => {
    nowMs += random.below(6)
    return {
      key: random.below(12) === 0 ? null : random.pick(['a', 'b', 'c', '']),
      value: random.below(10) === 0 ? null : random.pick(['1', '2', 'x']),
      timestampMs: Math.max(0, nowMs - (random.below(3) === 0 ? random.below(50) : 0)),
      input: random.pick(INPUTS),
    }
  })
  await driver.close()
}

test('a cogroup is what its inputs make of one row, each by its own time, whatever is aborted and restored', () =>
  forSeeds(ROUNDS, run))
