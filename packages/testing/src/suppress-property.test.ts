import {
  serdes,
  StreamsBuilder,
  type Topology,
  untilTimeLimit,
  type WhenBufferFull,
} from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import type { TestInputTopic } from './test-input-topic.ts'
import type { TestOutputTopic } from './test-output-topic.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 120
const STEPS = 60
/** Sides of a die of 20; between them are commits, and the rest are records. */
const ABORT = 0
const RESTART = 1
const COMMIT = 4

type Value = string | null
/** key, value with its origin, timestamp, header */
type Output = readonly [string | null, Value, number, string]

interface Bounds {
  readonly limitMs: number
  readonly maxRecords: number
  readonly maxBytes: number
  readonly whenFull: WhenBufferFull
}

interface Update {
  readonly key: string
  readonly value: Value
  readonly timestampMs: number
  /** '' is none. */
  readonly header: string
  readonly offset: number
}

interface Held extends Update {
  readonly timeMs: number
  readonly prior: Value
  readonly old: Value
}

const TEXT = { key: serdes.string, value: serdes.nullable(serdes.string) }

/** What comes out tells where it came from. */
function topology({ limitMs, maxRecords, maxBytes, whenFull }: Bounds): Topology {
  const builder = new StreamsBuilder()
  builder
    .table('in', { ...TEXT, store: 'rows', caching: false })
    .suppress(untilTimeLimit(limitMs, { maxRecords, maxBytes, whenFull }))
    .toStream()
    .processValues<string>(() => ({
      process(record, context) {
        const offset = context.recordMetadata?.offset ?? -1
        return context.forward(record.withValue(`${record.value}@${offset}`))
      },
    }))
    .to('out', { value: serdes.string })
  return builder.build()
}

/** The rules of suppress, with a list that is sorted and summed up anew for each record. */
class Model {
  readonly #bounds: Bounds
  #streamTimeMs = -1
  #held = new Map<string, Held>()
  #table = new Map<string, string>()

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  copy(): Model {
    const copy = new Model(this.#bounds)
    copy.#streamTimeMs = this.#streamTimeMs
    copy.#held = new Map(this.#held)
    copy.#table = new Map(this.#table)
    return copy
  }

  /** What goes out; undefined when the buffer is full and shuts down. */
  update(update: Update): readonly Output[] | undefined {
    const { key, value, timestampMs } = update
    const old = this.#table.get(key) ?? null
    if (value === null) this.#table.delete(key)
    else this.#table.set(key, value)
    this.#streamTimeMs = Math.max(this.#streamTimeMs, timestampMs)
    const known = this.#held.get(key)
    const timeMs = known?.timeMs ?? timestampMs
    this.#held.set(key, { ...update, timeMs, old, prior: known === undefined ? old : known.prior })

    const out: Output[] = []
    for (const held of this.#inOrder()) {
      if (held.timeMs > this.#streamTimeMs - this.#bounds.limitMs) {
        if (!this.#isFull()) break
        if (this.#bounds.whenFull === 'shut-down') return undefined
      }
      this.#held.delete(held.key)
      out.push([held.key, `${held.value}@${held.offset}`, held.timestampMs, held.header])
    }
    return out
  }

  #inOrder(): readonly Held[] {
    return [...this.#held.values()].sort((a, b) => a.timeMs - b.timeMs || (a.key < b.key ? -1 : 1))
  }

  /** Kafka Streams' numbers: buffer time, timestamp and offset 8 each, partition 4, topic `in`, name of the header `h`. */
  #isFull(): boolean {
    let bytes = 0
    for (const { key, prior, old, value, header } of this.#held.values()) {
      bytes +=
        8 + key.length + lengthOf(prior) + (old === prior ? 0 : lengthOf(old)) + lengthOf(value)
      bytes += 8 + 8 + 4 + 2 + (header === '' ? 0 : 1 + header.length)
    }
    return this.#held.size > this.#bounds.maxRecords || bytes > this.#bounds.maxBytes
  }
}

function lengthOf(value: Value): number {
  return value?.length ?? 0
}

class Bed {
  readonly #driver: TopologyTestDriver
  readonly #input: TestInputTopic<string, Value>
  readonly #output: TestOutputTopic<string, string>
  #model: Model
  #committed: Model
  #expected: Output[] = []
  /** Of the open transaction: they come again when it is aborted. */
  #updates: Update[] = []
  #offset = 0

  constructor(driver: TopologyTestDriver, bounds: Bounds) {
    this.#driver = driver
    this.#input = driver.input('in', TEXT)
    this.#output = driver.output('out', { key: serdes.string, value: serdes.string })
    this.#model = new Model(bounds)
    this.#committed = this.#model.copy()
  }

  /** False when the buffer has shut down. */
  async pipe(update: Omit<Update, 'offset'>): Promise<boolean> {
    const { key, value, timestampMs, header } = update
    const headers = header === '' ? [] : [{ key: 'h', value: Buffer.from(header) }]
    const piped = this.#input.pipe(key, value, { timestampMs, headers })
    if (this.#update({ ...update, offset: this.#offset++ })) {
      await piped
      return true
    }
    await assert.rejects(piped, { code: 'MR_SUPPRESS_BUFFER_FULL' })
    return false
  }

  async commit(): Promise<void> {
    await this.#driver.commit()
    const seen = this.#output.readRecords().map(({ key, value, timestampMs, headers }): Output => {
      const header = headers.map((one) => Buffer.from(one.value ?? []).toString()).join()
      return [key, value, timestampMs, header]
    })
    assert.deepEqual(seen, this.#expected)
    this.#expected = []
    this.#updates = []
    this.#committed = this.#model.copy()
  }

  async undo(how: 'abort' | 'restart'): Promise<void> {
    await this.#driver[how]()
    const again = this.#updates
    this.#model = this.#committed.copy()
    this.#expected = []
    this.#updates = []
    for (const update of again) this.#update(update)
  }

  #update(update: Update): boolean {
    const out = this.#model.update(update)
    if (out === undefined) return false
    this.#expected.push(...out)
    this.#updates.push(update)
    return true
  }
}

async function run(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const bounds: Bounds = {
    limitMs: random.pick([0, 10, 30, 1000]),
    maxRecords: random.pick([Infinity, 1, 3, 6]),
    maxBytes: random.pick([Infinity, 40, 150, 250]),
    whenFull: random.pick(['emit-early', 'emit-early', 'shut-down']),
  }
  const driver = await TopologyTestDriver.create(topology(bounds), { commit: 'manual' })
  const bed = new Bed(driver, bounds)
  let nowMs = 0
  for (let step = 0; step < STEPS; step++) {
    const dice = step === STEPS - 1 ? COMMIT : random.below(20)
    if (dice === ABORT) await bed.undo('abort')
    else if (dice === RESTART) await bed.undo('restart')
    else if (dice <= COMMIT) await bed.commit()
    else {
      nowMs += random.below(8)
      const isOpen = await bed.pipe({
        key: random.pick(['a', 'b', 'cc', 'ddd', 'e', 'f']),
        value: random.below(6) === 0 ? null : 'x'.repeat(random.below(5)) + String(random.below(3)),
        timestampMs: Math.max(0, nowMs - (random.below(4) === 0 ? random.below(40) : 0)),
        header: random.pick(['', '', 'x', 'yy']),
      })
      if (!isOpen) break
    }
  }
  await driver.close()
}

test('suppress forwards what its rules say, as what it was, whatever is aborted and restored', async () => {
  const first = chooseSeed()
  for (let round = 0; round < ROUNDS; round++) {
    const seed = (first + round) >>> 0
    try {
      await run(seed)
    } catch (error) {
      throw new Error(`repeat with ${repeatCommand(seed)}`, { cause: error })
    }
  }
})
