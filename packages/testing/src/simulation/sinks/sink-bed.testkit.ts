import {
  type App,
  type AppOptions,
  type AppState,
  type Logger,
  type Serde,
  serdes,
  type Sink,
  type SinkCapabilities,
  type SinkRuntimeOptions,
  type SourceNode,
  type Topology,
} from '@millrace/core'
import { createAppOn, type ConsumedRecord } from '@millrace/core/internal'
import { type BedOptions, SimulationBed } from '../kafka/simulation-bed.testkit.ts'
import type { SimulatedProcess } from '../time/simulated-process.ts'
import { ScriptedTarget, scriptedSink } from './scripted-sink.testkit.ts'

export interface SinkAppOptions {
  readonly sinks?: readonly SinkPlan[]
  readonly app?: Partial<AppOptions>
}

export interface SinkPlan {
  readonly name?: string
  readonly topic?: string
  readonly target: ScriptedTarget
  readonly capabilities?: SinkCapabilities
  readonly options?: SinkRuntimeOptions
  /** False: no record can be decoded. @defaultValue true */
  readonly decodes?: boolean
}

export interface LogLine {
  readonly level: string
  readonly message: string
}

export interface RunningSinkApp {
  readonly app: App
  readonly process: SimulatedProcess
  readonly states: readonly AppState[]
  readonly log: readonly LogLine[]
}

/** Apps with external sinks on a simulated cluster. */
export class SinkBed extends SimulationBed {
  readonly target: ScriptedTarget = new ScriptedTarget()

  constructor(options: BedOptions = {}) {
    super(options)
  }

  /** Made, not started. */
  app({ sinks, app: own = {} }: SinkAppOptions = {}): RunningSinkApp {
    const process = this.process()
    const states: AppState[] = []
    const log: LogLine[] = []
    const plans = sinks ?? [{ target: this.target }]
    const app = createAppOn(
      { kafka: () => this.kafka.connect(process), scheduler: process, random: () => 0.5 },
      sinkTopology(plans.map((plan) => ({ ...plan, process }))),
      {
        applicationId: 'app',
        brokers: 'simulated:9092',
        logger: loggerTo(log),
        sessionTimeout: '6 seconds',
        heartbeatInterval: 300,
        onStateChange: (state) => states.push(state),
        ...own,
      },
    )
    return { app, process, states, log }
  }

  async started(options: SinkAppOptions = {}): Promise<RunningSinkApp> {
    const running = this.app(options)
    await this.settle(running.app.start())
    return running
  }

  give(topic: string, values: readonly string[], partition = 0): void {
    for (const value of values) {
      this.kafka.append({
        topic,
        partition,
        key: Buffer.from('k'),
        value: Buffer.from(value),
        timestampMs: 0,
        headers: [{ key: 'h', value: Buffer.from('1') }],
      })
    }
  }

  /** What is in a topic, but for markers. */
  read(topic: string): readonly ConsumedRecord[] {
    const [log] = this.kafka.topics.get(topic)?.partitions ?? []
    return log?.everything().flatMap(({ record }) => (record.value === null ? [] : record)) ?? []
  }

  committed(name = 'out', topic = 'in', partition = 0): number | undefined {
    return this.kafka.committedOffset(`app-${name}`, { topic, partition })
  }

  /** Passes time until it is so, at most a minute. */
  async until(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 6000; i++) {
      if (condition()) return
      await this.pass(10)
    }
    throw new Error(`not so within a minute: ${condition.toString()}`)
  }
}

function loggerTo(log: LogLine[]): Logger {
  const to =
    (level: string) =>
    (message: string): void => {
      log.push({ level, message })
    }
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') }
}

interface BoundPlan extends SinkPlan {
  readonly process: SimulatedProcess
}

function sinkTopology(plans: readonly BoundPlan[]): Topology {
  return {
    subtopologies: [],
    globalStores: [],
    repartitionTopics: new Map(),
    externalSinks: plans.map((plan, id) => {
      const { name = 'out', topic = 'in', options = {}, decodes = true } = plan
      const source = sourceOf(`source-${id}`, topic, decodes ? serdes.string : undecodable)
      return { name, id, nodes: [source], parents: [source.name], sink: sinkOf(plan), options }
    }),
    describe: () => '',
    toMermaid: () => '',
  }
}

function sinkOf({ target, process, capabilities }: BoundPlan): Sink<unknown, unknown> {
  return scriptedSink(target, process, capabilities)
}

const undecodable: Serde<string> = {
  serialize: (value, topic) => serdes.string.serialize(value, topic),
  deserialize: () => {
    throw new TypeError('not decoded')
  },
}

function sourceOf(name: string, topic: string, value: Serde<string>): SourceNode {
  return {
    kind: 'source',
    name,
    topics: [topic],
    keySerde: serdes.string,
    valueSerde: value, // decodes only
    timestampExtractor: undefined,
    autoOffsetReset: undefined,
    children: [],
    parents: [],
  }
}

/** As text, from `from` to `to - 1`. */
export function numbers(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i))
}
