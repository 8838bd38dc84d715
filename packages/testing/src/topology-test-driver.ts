import type {
  AppMetrics,
  Duration,
  ReadOnlyKeyValueStore,
  Serde,
  SinkRecord,
  StateStore,
  StoreBuilder,
  Topology,
  ValueAndTimestamp,
} from '@millrace/core'
import type { TopicPartitionOffset } from '@millrace/core/internal'
import { DriverEngine } from './driver/driver-engine.ts'
import type { TestDriverOptions } from './driver/driver-options.ts'
import { topicsWithRecords } from './driver/known-topics.ts'
import { readAllPartitions } from './driver/table-reader.ts'
import { type TestInputOptions, TestInputTopic } from './test-input-topic.ts'
import { type TestOutputOptions, TestOutputTopic } from './test-output-topic.ts'

/**
 * Runs a topology in this process: the task code of an app, on topics in memory, with a clock that
 * the test owns. The same input gives the same output.
 *
 * Semantics: a record that is piped is processed whole, repartition topics and topics that the
 * topology both writes and reads included, before `pipe` resolves. The transaction is committed after
 * each record (see `commit`), so output, stores and offsets describe the same records.
 *
 * When a step rejects, its transaction is aborted, as in an app that fails: nothing of it is visible,
 * and its records come again with the next step or after {@link restart}.
 */
export class TopologyTestDriver {
  readonly #engine: DriverEngine
  /** Undefined: any. */
  readonly #topics: ReadonlySet<string> | undefined

  private constructor(topology: Topology, options: TestDriverOptions) {
    this.#engine = new DriverEngine(topology, options)
    this.#topics = topicsWithRecords(topology, this.#engine.applicationId)
  }

  /**
   * Opens the tasks, which calls `init` of the processors.
   * @throws MillraceError `MR_TOPOLOGY` for topics whose partition counts do not fit together
   */
  static async create(
    topology: Topology,
    options: TestDriverOptions = {},
  ): Promise<TopologyTestDriver> {
    const driver = new TopologyTestDriver(topology, options)
    await driver.#engine.open()
    return driver
  }

  /** The virtual clock, in ms. */
  get nowMs(): number {
    return this.#engine.clock.nowMs()
  }

  /** Counters as an app has them; `dropped` counts dropped records by reason. */
  get metrics(): Readonly<AppMetrics> {
    return this.#engine.metrics
  }

  /** Committed offsets of the partitions that were read. */
  get committedOffsets(): readonly TopicPartitionOffset[] {
    return this.#engine.group.committedOffsets.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset,
    }))
  }

  /** A topic to write to. @throws TypeError when the topology does not read it */
  input<K, V>(topic: string, options: TestInputOptions<K, V>): TestInputTopic<K, V> {
    const { group, globals, sinks, clock } = this.#engine
    const known = [...new Set([...group.sourceTopics, ...globals.topics, ...sinks.topics])]
    if (!known.includes(topic) && !group.isUnknownMatch(topic)) {
      throw new TypeError(`no source reads topic ${topic}; there are: ${known.join(', ')}`)
    }
    return new TestInputTopic(topic, options, {
      nowMs: () => clock.nowMs(),
      pipe: (record) => this.#engine.pipe(record),
    })
  }

  /**
   * A topic to read from, from its beginning. Internal topics have the application id in front.
   * @throws TypeError when the topology can never write it
   */
  output<K, V>(topic: string, options: TestOutputOptions<K, V>): TestOutputTopic<K, V> {
    if (this.#topics?.has(topic) === false) {
      const known = [...this.#topics].join(', ')
      throw new TypeError(`the topology does not write topic ${topic}; there are: ${known}`)
    }
    const { logs } = this.#engine
    const { partition } = options
    return new TestOutputTopic(topic, options, () =>
      partition === undefined ? logs.all(topic) : logs.partition(topic, partition),
    )
  }

  /**
   * All records that `toSink` has given to the sink of that name, as its writer would get them: what is committed to
   * the topics that the sink is written from, each record once. Nothing is written to the sink itself. The types are
   * the caller's claim, as those of a topic are.
   *
   * @throws TypeError when there is no such sink
   */
  readSink<K = unknown, V = unknown>(name: string): readonly SinkRecord<K, V>[] {
    const { sinks } = this.#engine
    const given = sinks.given(name)
    if (given === undefined) {
      throw new TypeError(`there is no sink ${name}; there are: ${sinks.names.join(', ')}`)
    }
    return [...given] as SinkRecord<K, V>[] // the caller's claim
  }

  /**
   * The store of a processor in one task, as the processor sees it, or a global store. What a test writes to
   * it belongs to the next commit. Ask again after {@link restart}.
   *
   * @param partition needed when several tasks have the store
   * @throws TypeError when there is no such store
   */
  store<S extends StateStore>(store: StoreBuilder<S>, partition?: number): S
  store(name: string, partition?: number): StateStore
  store(store: StoreBuilder | string, partition?: number): StateStore {
    const name = typeof store === 'string' ? store : store.name
    const found = this.#stores(name, partition)
    const [first] = found
    if (first !== undefined && found.length === 1) return first
    throw new TypeError(`${found.length} tasks have a store ${name}: name the partition`)
  }

  /**
   * The rows of a table by the name of its store, over all partitions. Give the serdes of the table:
   * they tell the types.
   *
   * @throws TypeError when there is no such store
   */
  table<K, V>(
    store: string,
    types: { readonly key: Serde<K>; readonly value: Serde<V> },
  ): ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>> {
    type Rows = ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>
    const found = this.#stores(store).map((one) => one as Rows) // the caller's claim, as the types of a topic are
    return readAllPartitions(store, types.key, found)
  }

  /**
   * Moves the clock, calls the wall-clock punctuators that become due, and lets event time go on in tasks whose
   * sources have a `watermark` and have been idle for long enough. One step, however far.
   */
  advanceWallClock(duration: Duration): Promise<void> {
    return this.#engine.advanceWallClock(duration)
  }

  /** Processes what is left, and commits, until nothing is left. */
  commit(): Promise<void> {
    return this.#engine.commit()
  }

  /**
   * Does what an aborted transaction does: state, stream time, offsets and output go back to the last
   * commit, and processors are made anew. The records since then come again with the next step.
   */
  abort(): Promise<void> {
    return this.#engine.abort()
  }

  /**
   * Opens all tasks anew from committed offsets and changelogs, as after a crash. The records that
   * were not committed come again with the next step.
   */
  restart(): Promise<void> {
    return this.#engine.restart()
  }

  /** Closes processors and stores. Idempotent. */
  close(): Promise<void> {
    return this.#engine.close()
  }

  #stores(name: string, partition?: number): readonly StateStore[] {
    const global = this.#engine.globals.store(name)
    if (global !== undefined) return [global]
    const found = this.#engine.group.tasks
      .filter((task) => partition === undefined || task.partition === partition)
      .map((task) => task.store(name))
      .filter((store) => store !== undefined)
    if (found.length > 0) return found
    const { group, globals } = this.#engine
    const stores = [...group.storeNames, ...globals.storeNames].join(', ')
    const where = partition === undefined ? '' : ` in partition ${partition}`
    throw new TypeError(`there is no store ${name}${where}; there are: ${stores}`)
  }
}
