import type {
  ConsumedRecord,
  GroupConsumer,
  GroupConsumerOptions,
  KafkaPort,
  KafkaReader,
  ProducerRecord,
  RebalanceEvent,
  TransactionalProducer,
} from '@millrace/core/internal'
import type { RunLimits } from '../time/virtual-scheduler.ts'
import { VirtualScheduler } from '../time/virtual-scheduler.ts'
import type { SimulatedProcess } from '../time/simulated-process.ts'
import { type KafkaFaults, SeededFaults, type SeededFaultsOptions } from './kafka-faults.ts'
import { SimulatedKafka, type SimulatedKafkaOptions } from './simulated-kafka.ts'

export interface BedOptions extends Partial<SimulatedKafkaOptions> {
  readonly seed?: number
  readonly faultOptions?: Partial<SeededFaultsOptions>
  /** In the place of the seeded ones. */
  readonly overrides?: Partial<KafkaFaults>
}

const START_MS = 1_700_000_000_000

/** A simulated cluster, and clients in as many processes as a test likes. */
export class SimulationBed {
  readonly scheduler: VirtualScheduler
  readonly kafka: SimulatedKafka

  constructor({ seed = 1, faultOptions = {}, overrides = {}, ...options }: BedOptions = {}) {
    this.scheduler = new VirtualScheduler({ seed, startMs: START_MS })
    const seeded = new SeededFaults({ seed, ...faultOptions })
    const faults: KafkaFaults = {
      latencyMs: (call) => seeded.latencyMs(call),
      fateOf: () => seeded.fateOf(),
      markerDelayMs: () => seeded.markerDelayMs(),
      blockRecords: () => seeded.blockRecords(),
      pollRecords: (call) => seeded.pollRecords(call),
      choose: (bound) => seeded.choose(bound),
      ...overrides,
    }
    this.kafka = new SimulatedKafka({ scheduler: this.scheduler, faults, ...options })
  }

  /** Since the start. */
  get elapsedMs(): number {
    return this.scheduler.nowMs() - START_MS
  }

  topic(topic: string, partitions = 1): string {
    this.kafka.topics.create({ topic, partitions, replicationFactor: -1, config: {} })
    return topic
  }

  process(name = 'process'): SimulatedProcess {
    return this.scheduler.createProcess(name)
  }

  port(name?: string): KafkaPort {
    return this.kafka.connect(this.process(name))
  }

  settle<T>(work: Promise<T>, limits?: RunLimits): Promise<T> {
    return this.scheduler.settle(work, limits)
  }

  /** Also when nothing happens meanwhile. */
  async pass(ms: number): Promise<void> {
    let isOver = false
    this.scheduler.setTimer(ms, () => {
      isOver = true
    })
    await this.scheduler.run(() => isOver)
  }
}

export function memberOptions(own: Partial<GroupConsumerOptions> = {}): GroupConsumerOptions {
  return {
    groupId: 'group',
    clientId: 'member',
    groupProtocol: 'classic',
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 300,
    maxPollIntervalMs: 60_000,
    ...own,
  }
}

export function record(topic: string, value: string, partition = 0): ProducerRecord {
  return {
    topic,
    partition,
    key: Buffer.from(value),
    value: Buffer.from(value),
    timestampMs: 0,
    headers: [],
  }
}

export async function producerOf(
  port: KafkaPort,
  transactionalId: string,
): Promise<TransactionalProducer> {
  const producer = port.transactionalProducer({
    clientId: 'producer',
    transactionalId,
    transactionTimeoutMs: 10_000,
  })
  await producer.init()
  return producer
}

/** A member that polls and answers for ever, or until it is stopped, and writes down what it is told. */
export class PollingMember {
  readonly consumer: GroupConsumer
  readonly owned: Set<number> = new Set()
  readonly events: RebalanceEvent[] = []
  #isStopped = false

  constructor(consumer: GroupConsumer) {
    this.consumer = consumer
  }

  async run(topic: string): Promise<void> {
    await this.consumer.subscribe([topic])
    while (!this.#isStopped) await this.step()
  }

  stop(): void {
    this.#isStopped = true
  }

  async step(): Promise<void> {
    await this.consumer.poll(100, 50)
    for (let event = this.consumer.takeRebalance(); event; event = this.consumer.takeRebalance()) {
      this.events.push(event)
      const { partitions } = event
      if (event.kind === 'assigned') {
        await this.consumer.assign(partitions.map((given) => ({ ...given, offset: 0 })))
        for (const { partition } of partitions) this.owned.add(partition)
      } else {
        await this.consumer.unassign(partitions)
        for (const { partition } of partitions) this.owned.delete(partition)
      }
    }
  }
}

/** Reads a partition from its start to `end`. */
export async function readUntil(
  reader: KafkaReader,
  topic: string,
  end: number,
): Promise<readonly ConsumedRecord[]> {
  await reader.add([{ topic, partition: 0, offset: 0 }])
  const records: ConsumedRecord[] = []
  for (;;) {
    const batch = await reader.poll(1000, 100)
    records.push(...batch.records)
    if (batch.ends.some(({ offset }) => offset >= end)) return records
  }
}

export function values(records: readonly ConsumedRecord[]): readonly string[] {
  return records.map(({ value }) => Buffer.from(value ?? '').toString())
}
