import {
  type AppMetrics,
  type Duration,
  failOnInvalidTimestamp,
  silentLogger,
  type Topology,
  whenReady,
} from '@millrace/core'
import {
  CacheBudget,
  createMetrics,
  durationToMs,
  inMemory,
  internalNames,
  type ProducerRecord,
  readyOf,
  type TaskEnvironment,
} from '@millrace/core/internal'
import { ManualClock } from '../manual-clock.ts'
import type { TestDriverOptions } from './driver-options.ts'
import { GlobalGroup } from './global-group.ts'
import { clusterTopics } from './known-topics.ts'
import { SinkGroup } from './sink-group.ts'
import { SerialQueue } from './serial-queue.ts'
import { TaskDirectories } from './task-directories.ts'
import { TaskGroup } from './task-group.ts'
import { TopicLogs } from './topic-logs.ts'

/** A topology that feeds itself would keep a step from ending. */
const MAX_RECORDS_PER_STEP = 1_000_000

/**
 * The loop of the test driver: what an app's member does with a broker, step by step.
 *
 * Semantics: a step delivers what is readable, processes the record with the lowest timestamp over all
 * tasks, commits, and so on until nothing is left. A step that fails is an aborted transaction. Steps
 * never overlap.
 */
export class DriverEngine {
  readonly applicationId: string
  readonly clock: ManualClock
  readonly metrics: AppMetrics = createMetrics()
  readonly logs: TopicLogs
  readonly group: TaskGroup
  readonly globals: GlobalGroup
  readonly sinks: SinkGroup
  readonly #cluster: Map<string, number>
  readonly #directories: TaskDirectories
  readonly #partitions: number
  readonly #commitsEachRecord: boolean
  readonly #steps = new SerialQueue()
  #isClosed = false

  constructor(topology: Topology, options: TestDriverOptions) {
    const { applicationId = 'test', partitions = 1, topics = {}, singleTask = false } = options
    this.applicationId = applicationId
    this.clock = new ManualClock(options.startTimeMs)
    this.logs = new TopicLogs((topic) => this.partitionCount(topic))
    this.#partitions = partitions
    this.#cluster = clusterTopics(topology, partitions, topics)
    this.#commitsEachRecord = options.commit !== 'manual'
    const backend = options.state ?? inMemory()
    this.#directories = new TaskDirectories(backend)
    const environment = this.#environment(topology, options)
    const { logs } = this
    const common = { topology, environment, backend, directories: this.#directories, logs }
    this.group = new TaskGroup({ ...common, singleTask })
    const partitionCount = (topic: string): number => this.partitionCount(topic)
    this.globals = new GlobalGroup({ ...common, partitionCount })
    this.sinks = new SinkGroup({ ...common, partitionCount })
  }

  open(): Promise<void> {
    return this.#steps.run(() => this.#open())
  }

  partitionCount(topic: string): number {
    return this.group.partitions(topic) ?? this.#cluster.get(topic) ?? this.#partitions
  }

  pipe(record: ProducerRecord): Promise<void> {
    return this.#step(async () => {
      await this.#learnTopics([record.topic])
      this.logs.append(record)
      await this.#processAll()
    })
  }

  advanceWallClock(duration: Duration): Promise<void> {
    return this.#step(
      async () => {
        this.clock.advance(duration)
        await this.#punctuate()
      },
      () => this.#punctuate(),
    )
  }

  async #punctuate(): Promise<void> {
    await this.group.settle()
    for (const task of this.group.tasks) await task.punctuateWallClock()
    await this.#commitIfDue()
    await this.#processAll()
    // What a task tells when it is committed lets those downstream go on.
    while (await this.group.goOnIdle(this.clock.nowMs())) {
      await this.#commitIfDue()
      await this.#processAll()
    }
  }

  commit(): Promise<void> {
    return this.#step(async () => {
      do await this.#processAll()
      while ((await this.#commit()) > 0)
    })
  }

  abort(): Promise<void> {
    return this.#whileOpen(() => this.#abort())
  }

  restart(): Promise<void> {
    return this.#whileOpen(async () => {
      this.logs.abort()
      await this.#reopen()
    })
  }

  close(): Promise<void> {
    return this.#steps.run(async () => {
      if (this.#isClosed) return
      this.#isClosed = true
      await this.group.close()
      await this.globals.close()
      await this.sinks.close()
      await this.#directories.close()
    })
  }

  /** `again`: what is left to be done when a serde had to get something first, and the transaction was aborted. */
  #step(
    body: () => Promise<void>,
    again: () => Promise<void> = () => this.#processAll(),
  ): Promise<void> {
    return this.#whileOpen(async () => {
      for (let next = body; ; next = again) {
        try {
          await next()
          return
        } catch (error) {
          await this.#abort()
          const ready = readyOf(error)
          if (ready === undefined) throw error
          await ready()
        }
      }
    })
  }

  #whileOpen(body: () => Promise<void>): Promise<void> {
    return this.#steps.run(async () => {
      if (this.#isClosed) throw new TypeError('the test driver is closed')
      await body()
    })
  }

  async #processAll(): Promise<void> {
    for (let records = 0; records < MAX_RECORDS_PER_STEP; records++) {
      await whenReady(() => this.globals.update())
      this.group.deliver()
      const task = await whenReady(() => this.group.next())
      if (task === undefined && (await this.group.settle())) continue
      if (task === undefined) {
        // Records that were dropped before they reached a processor moved the offsets.
        await this.#commitIfDue()
        await this.sinks.update()
        this.group.observeIdleness()
        return
      }
      await task.process(1)
      await this.#commitIfDue()
    }
    throw new RangeError(
      `one step took ${MAX_RECORDS_PER_STEP} records: does the topology feed itself?`,
    )
  }

  async #commitIfDue(): Promise<void> {
    const isDue = this.group.tasks.some((task) =>
      this.#commitsEachRecord ? task.needsCommit : task.commitRequested,
    )
    if (isDue) await this.#commit()
  }

  /** Returns how many records became readable. */
  async #commit(): Promise<number> {
    const records = await this.group.commit()
    this.metrics.commits++
    this.metrics.recordsProduced += records
    await this.#learnTopics(this.logs.names)
    return records
  }

  async #abort(): Promise<void> {
    this.metrics.aborts++
    await this.group.rollback()
  }

  /** A topic that a pattern matches is new: the tasks get it as after a rebalance, at a commit. */
  async #learnTopics(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => this.group.isUnknownMatch(topic))
    if (unknown.length === 0) return
    for (const topic of unknown) this.#cluster.set(topic, this.partitionCount(topic))
    await this.group.commit()
    await this.#reopen()
  }

  async #open(): Promise<void> {
    await this.globals.open()
    await this.group.open(this.#cluster)
  }

  async #reopen(): Promise<void> {
    await this.group.close()
    await this.globals.close()
    await this.sinks.close()
    await this.#open()
  }

  #environment(topology: Topology, options: TestDriverOptions): TaskEnvironment {
    const { maxTaskIdle = 0, emitInterval = 0, cacheMaxBytes = 0 } = options
    const { topicName, changelogTopic } = internalNames(topology, this.applicationId)
    return {
      applicationId: this.applicationId,
      timestampExtractor: options.timestampExtractor ?? failOnInvalidTimestamp,
      deserializationExceptionHandler: options.deserializationExceptionHandler ?? 'fail',
      processingExceptionHandler: options.processingExceptionHandler ?? 'fail',
      maxTaskIdleMs: maxTaskIdle === -1 ? -1 : durationToMs(maxTaskIdle),
      emitIntervalMs: durationToMs(emitInterval),
      clock: this.clock,
      logger: options.logger ?? silentLogger,
      metrics: this.metrics,
      globalStore: (name) => this.globals.view(name),
      ...(cacheMaxBytes === 0 ? {} : { cacheBudget: new CacheBudget(cacheMaxBytes) }),
      collector: {
        send: (record) => {
          this.logs.send(record)
        },
        partitionCount: (topic) => this.partitionCount(topic),
      },
      topicName,
      changelogTopic,
    }
  }
}
