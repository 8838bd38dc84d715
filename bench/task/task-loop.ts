import {
  failOnInvalidTimestamp,
  silentLogger,
  type StateBackend,
  type Topology,
} from '@millrace/core'
import {
  type ConsumedRecord,
  createMetrics,
  internalNames,
  resolveTopology,
  Task,
} from '@millrace/core/internal'

export interface TaskLoopOptions {
  readonly topology: Topology
  readonly backend: StateBackend
  /** A folder of its own, for state on disk. */
  readonly directory: string
  readonly records: number
  /** Records in a transaction: what an app processes in a commit interval. */
  readonly recordsPerCommit: number
  /** The record of that number; its offset is not looked at. */
  readonly record: (index: number) => ConsumedRecord
}

export interface TaskLoopResult {
  readonly seconds: number
  /** User and system, over all threads. */
  readonly cpuMicrosPerRecord: number
  readonly commitMicrosPerRecord: number
  /** Records that the task produced, those of changelogs included. */
  readonly produced: number
}

/**
 * One task of a topology, with its commits, without a broker: records are made as it takes them, and what it
 * produces is counted and thrown away.
 */
export async function runTaskLoop(options: TaskLoopOptions): Promise<TaskLoopResult> {
  const counts = { produced: 0 }
  const task = await openTask(options, counts)
  const offsets = new Map<string, number>()
  let commitMs = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let done = 0; done < options.records; done += options.recordsPerCommit) {
    const end = Math.min(done + options.recordsPerCommit, options.records)
    for (let i = done; i < end; i++) {
      const record = options.record(i)
      const offset = offsets.get(record.topic) ?? 0
      offsets.set(record.topic, offset + 1)
      task.inputs.add({ ...record, offset })
    }
    while ((await task.process(1000)) > 0);
    const before = performance.now()
    await task.prepareCommit()
    task.offsetsToCommit(false)
    await task.committed(1)
    commitMs += performance.now() - before
  }
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  await task.close()
  return {
    seconds,
    cpuMicrosPerRecord: (user + system) / options.records,
    commitMicrosPerRecord: (commitMs * 1000) / options.records,
    produced: counts.produced,
  }
}

async function openTask(
  { topology, backend, directory }: TaskLoopOptions,
  counts: { produced: number },
): Promise<Task> {
  const topics = new Map(topicsOf(topology).map((topic) => [topic, 1]))
  const [resolved] = resolveTopology(topology, 'bench', topics).subtopologies
  if (resolved === undefined) throw new TypeError('the topology has no sub-topology')
  const { subtopology } = resolved
  const stores = subtopology.stores.map(({ name }) => name)
  const state = await backend.open({ taskId: '0_0', stores, directory })
  await state.apply([], new Map(stores.map((name) => [name, { offset: 0, topicId: '' }])))
  const task = new Task({
    id: { subtopology: 0, partition: 0 },
    subtopology,
    inputs: resolved.sources.flatMap(({ node, topics: named }) =>
      named.map((topic) => ({
        topic,
        partition: 0,
        sourceNode: node.name,
        offset: 0,
        partitionTimeMs: -1,
        operatorTimes: new Map(),
      })),
    ),
    state,
    environment: {
      applicationId: 'bench',
      timestampExtractor: failOnInvalidTimestamp,
      deserializationExceptionHandler: 'fail',
      processingExceptionHandler: 'fail',
      maxTaskIdleMs: -1,
      emitIntervalMs: 1000,
      clock: { nowMs: () => Date.now() },
      logger: silentLogger,
      metrics: createMetrics(),
      collector: {
        send: () => {
          counts.produced++
        },
        partitionCount: () => 1,
      },
      ...internalNames(topology, 'bench'),
    },
  })
  await task.init()
  return task
}

function topicsOf({ subtopologies }: Topology): readonly string[] {
  const topics: string[] = []
  for (const node of subtopologies.flatMap(({ nodes }) => nodes)) {
    if (node.kind === 'source' && !(node.topics instanceof RegExp)) topics.push(...node.topics)
  }
  return topics
}
