import {
  type KTable,
  serdes,
  session,
  StreamsBuilder,
  type Topology,
  type Windowed,
} from '@millrace/core'
import { test } from 'node:test'
import type { SeededRandom } from './contract/seeded-random.ts'
import { LARGE } from './caching.testkit.ts'
import { laterTurn } from './processor-bed.testkit.ts'
import { forSeeds, replay, ReplayBed } from './replay-bed.testkit.ts'
import {
  SessionModel,
  type SessionOutput,
  type SessionRecord,
  type SessionRules,
} from './session-model.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 150
const STEPS = 60
const TEXT = { key: serdes.nullable(serdes.string), value: serdes.nullable(serdes.string) }

interface Shape {
  readonly rules: SessionRules
  /** True: what comes out waits for other work, and all behind it does. */
  readonly isSlow: boolean
}

const add = (_key: unknown, value: string | null, all: string): string | null => {
  if (value?.endsWith('!') === true) throw new Error('to be dropped')
  const text = all + (value ?? 'null').slice(value === null ? 0 : 1)
  return text.includes('x') ? null : text
}
const merge = (_key: unknown, all: string, other: string): string => `[${all}|${other}]`

/** The first letter of a value says which input of a cogroup it is for; a null is for the first. */
function sessions(
  builder: StreamsBuilder,
  { gapMs, graceMs, emitsFinal, inputs }: SessionRules,
): KTable<Windowed<string | null>, string> {
  const windows = session(gapMs, { grace: graceMs })
  const options = { init: () => '', merge, store: 'sessions', value: serdes.string }
  const stream = builder.stream('in', TEXT)
  if (inputs === 1) {
    const emit = emitsFinal ? 'on-window-close' : 'on-window-update'
    return stream
      .groupByKey()
      .windowedBy(windows, { emit })
      .aggregate({ ...options, add })
  }
  const isSecond = (_key: unknown, value: string | null): boolean => value?.startsWith('1') === true
  const first = stream.filterNot(isSecond).groupByKey()
  const second = stream.filter(isSecond).groupByKey()
  return first.cogroup(add).cogroup(second, add).windowedBy(windows).aggregate(options)
}

function topology({ rules, isSlow }: Shape): Topology {
  const builder = new StreamsBuilder()
  sessions(builder, rules)
    .toStream()
    .process<string, string | null>(() => ({
      async process(record, context) {
        if (isSlow) await laterTurn()
        const { key, window } = record.key
        await context.forward(record.withKey(`${key}@${window.startMs}/${window.endMs}`))
      },
    }))
    .to('out', { key: serdes.string, value: serdes.nullable(serdes.string) })
  return builder.build()
}

function shapeOf(random: SeededRandom): Shape {
  const isCogroup = random.below(3) === 0
  const emitsFinal = !isCogroup && random.below(2) === 0
  return {
    rules: {
      gapMs: random.pick([0, 3, 10, 40]),
      graceMs: random.pick([0, 0, 5, 30, 200_000]),
      emitsFinal,
      isCached: !emitsFinal && random.below(2) === 0,
      inputs: isCogroup ? 2 : 1,
    },
    isSlow: random.below(6) === 0,
  }
}

async function run(random: SeededRandom): Promise<void> {
  const shape = shapeOf(random)
  const mayFail = random.below(2) === 0
  const driver = await TopologyTestDriver.create(topology(shape), {
    commit: 'manual',
    cacheMaxBytes: shape.rules.isCached ? LARGE : 0,
    processingExceptionHandler: mayFail ? 'continue' : 'fail',
  })
  const input = driver.input('in', TEXT)
  const output = driver.output('out', { key: serdes.string, value: serdes.nullable(serdes.string) })
  const bed = new ReplayBed<SessionRecord, SessionOutput>(driver, new SessionModel(shape.rules), {
    pipe: ({ key, value, timestampMs, input: to, fails }) =>
      input.pipe(key, value === null ? null : `${to}${value}${fails ? '!' : ''}`, { timestampMs }),
    read: () =>
      output
        .readRecords()
        .map(({ key, value, timestampMs }): SessionOutput => [key ?? '', value, timestampMs]),
  })
  // A session that is deleted before a cache lets it go leaves no trace in the changelog, nor does its time: after a
  // restart older records are not late any more, as always in Kafka Streams.
  const values = ['1', '2', '3', shape.rules.isCached ? '4' : 'x'] as const
  let nowMs = random.pick([0, 5, 1_700_000_000_000])
  await replay(bed, random, STEPS, () => {
    if (random.below(3) > 0) nowMs += random.below(8)
    if (random.below(30) === 0) nowMs += random.pick([50, 70_000, 300_000])
    const value = random.below(10) === 0 ? null : random.pick(values)
    return {
      key: random.below(12) === 0 ? null : random.pick(['a', 'a', 'b', 'a1', '']),
      value,
      fails: mayFail && value !== null && random.below(8) === 0,
      timestampMs: Math.max(0, nowMs - (random.below(3) === 0 ? random.below(60) : 0)),
      input: value === null ? 0 : random.below(shape.rules.inputs),
    }
  })
  await driver.close()
}

test('sessions are what their rules say, whatever is held back, dropped, aborted and restored', () =>
  forSeeds(ROUNDS, run))
