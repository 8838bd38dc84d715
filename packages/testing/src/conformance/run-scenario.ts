import { inMemory, type StateBackend } from '@millrace/core'
import { TopologyTestDriver } from '../topology-test-driver.ts'
import type { TestOutputTopic, TestRecord } from '../test-output-topic.ts'
import { buildTopology, type ScenarioTopology } from './build-topology.ts'
import { dumpStore } from './dump-store.ts'
import { ScenarioError } from './fields.ts'
import type {
  HeaderPair,
  Outcome,
  OutputRecord,
  Scenario,
  ScenarioInput,
  StoreRow,
} from './scenario.ts'
import { keySerde, valueOfSerde, valueSerdes } from './serdes.ts'
import { text } from './text.ts'

/** How a scenario is run. */
export interface RunOptions {
  /**
   * True: one task for all sub-topologies, the setup of the recordings. False: a task per
   * sub-topology, as in an app.
   */
  readonly singleTask: boolean
  /**
   * 'restart': state is restored from the changelogs before each input. 'abort': each input is
   * processed, aborted, and processed again.
   */
  readonly disturbance?: 'restart' | 'abort'
  /** @defaultValue in memory */
  readonly state?: StateBackend
}

/** Feeds the scenario's inputs and records what comes out, in the form of the files. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Outcome> {
  const built = buildTopology(scenario)
  const { singleTask, disturbance, state = inMemory() } = options
  const commit = disturbance === 'abort' ? 'manual' : 'each-record'
  const driver = await TopologyTestDriver.create(built.topology, { singleTask, commit, state })
  try {
    return await feed(driver, scenario, built, disturbance)
  } finally {
    await driver.close()
  }
}

async function feed(
  driver: TopologyTestDriver,
  scenario: Scenario,
  built: ScenarioTopology,
  disturbance: RunOptions['disturbance'],
): Promise<Outcome> {
  const outputs = new Outputs(driver, built)
  let errorAt: number | undefined
  for (const [at, input] of scenario.inputs.entries()) {
    const error = await failureOf(async () => {
      if (disturbance === 'restart') await driver.restart()
      await apply(driver, input, built)
      if (disturbance === 'abort') {
        await driver.abort()
        await driver.commit()
      }
    })
    outputs.collect(at)
    if (error === undefined) continue
    if (!scenario.mayFail) throw new Error(`input ${at} failed`, { cause: error })
    errorAt = at
    break
  }
  const stores = new Map<string, readonly StoreRow[]>()
  if (errorAt === undefined) {
    const keys = inputKeys(scenario)
    for (const name of scenario.dump) stores.set(name, dumpStore(driver.store(name), keys))
  }
  let dropped = 0
  for (const [reason, count] of Object.entries(driver.metrics.dropped)) {
    // Kafka Streams does not count what comes before unlimited windows.
    if (reason !== 'before-window-start') dropped += count
  }
  return { topics: outputs.topics, stores, errorAt, dropped }
}

function inputKeys({ inputs }: Scenario): ReadonlySet<string> {
  const keys = inputs.map((input) => (input.kind === 'record' ? input.key : null))
  return new Set(keys.filter((key) => key !== null))
}

async function failureOf(body: () => Promise<void>): Promise<unknown> {
  try {
    await body()
    return undefined
  } catch (error) {
    return error
  }
}

async function apply(
  driver: TopologyTestDriver,
  input: ScenarioInput,
  { inputs }: ScenarioTopology,
): Promise<void> {
  if (input.kind === 'clock') {
    await driver.advanceWallClock(input.advanceMs)
    return
  }
  const serde = inputs.get(input.topic)
  if (serde === undefined) throw new ScenarioError(input.topic, 'no source reads this topic')
  const topic = driver.input(input.topic, { key: keySerde, value: valueSerdes[serde] })
  await topic.pipe(input.key, valueOfSerde(input.value, serde), {
    timestampMs: input.timestampMs,
    headers: input.headers.map(([key, value]) => ({
      key,
      value: value === null ? null : Buffer.from(value, 'utf8'),
    })),
  })
}

/** What came out so far, by topic. */
class Outputs {
  readonly #topics: readonly {
    readonly topic: TestOutputTopic<unknown, unknown>
    readonly records: OutputRecord[]
  }[]

  constructor(driver: TopologyTestDriver, { outputs }: ScenarioTopology) {
    this.#topics = [...outputs].map(([name, serde]) => ({
      topic: driver.output(name, { key: keySerde, value: valueSerdes[serde] }),
      records: [],
    }))
  }

  collect(at: number): void {
    for (const { topic, records } of this.#topics) {
      for (const record of topic.readRecords()) records.push(outputRecord(record, at))
    }
  }

  get topics(): ReadonlyMap<string, readonly OutputRecord[]> {
    return new Map(this.#topics.map(({ topic, records }) => [topic.topic, records]))
  }
}

function outputRecord(record: TestRecord<unknown, unknown>, at: number): OutputRecord {
  const headers = record.headers.map(({ key, value }): HeaderPair => [
    key,
    value === null ? null : Buffer.from(value).toString('utf8'),
  ])
  return {
    key: text(record.key),
    value: plain(record.value),
    timestamp: record.timestampMs,
    ...(headers.length === 0 ? {} : { headers }),
    at,
  }
}

function plain(value: unknown): string | number | null {
  return typeof value === 'number' ? value : text(value)
}
