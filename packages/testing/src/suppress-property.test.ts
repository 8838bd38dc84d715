import {
  serdes,
  StreamsBuilder,
  type Topology,
  untilTimeLimit,
  type WhenBufferFull,
} from '@millrace/core'
import { test } from 'node:test'
import type { SeededRandom } from './contract/seeded-random.ts'
import { forSeeds, replay, ReplayBed, type ReplayModel } from './replay-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 120
const STEPS = 60
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
class Model implements ReplayModel<Update, Output> {
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

async function run(random: SeededRandom): Promise<void> {
  const bounds: Bounds = {
    limitMs: random.pick([0, 10, 30, 1000]),
    maxRecords: random.pick([Infinity, 1, 3, 6]),
    maxBytes: random.pick([Infinity, 40, 150, 250]),
    whenFull: random.pick(['emit-early', 'emit-early', 'shut-down']),
  }
  const driver = await TopologyTestDriver.create(topology(bounds), { commit: 'manual' })
  const input = driver.input('in', TEXT)
  const output = driver.output('out', { key: serdes.string, value: serdes.string })
  const bed = new ReplayBed<Update, Output>(driver, new Model(bounds), {
    pipe: ({ key, value, timestampMs, header }) => {
      const headers = header === '' ? [] : [{ key: 'h', value: Buffer.from(header) }]
      return input.pipe(key, value, { timestampMs, headers })
    },
    read: () =>
      output.readRecords().map(({ key, value, timestampMs, headers }): Output => {
        const header = headers.map((one) => Buffer.from(one.value ?? []).toString()).join()
        return [key, value, timestampMs, header]
      }),
  })
  let nowMs = 0
  let offset = 0
  await replay(bed, random, STEPS, () => {
    nowMs += random.below(8)
    return {
      key: random.pick(['a', 'b', 'cc', 'ddd', 'e', 'f']),
      value: random.below(6) === 0 ? null : 'x'.repeat(random.below(5)) + String(random.below(3)),
      timestampMs: Math.max(0, nowMs - (random.below(4) === 0 ? random.below(40) : 0)),
      header: random.pick(['', '', 'x', 'yy']),
      offset: offset++,
    }
  })
  await driver.close()
}

test('suppress forwards what its rules say, as what it was, whatever is aborted and restored', () =>
  forSeeds(ROUNDS, run))
