import { SINK_BUGS } from './sink-bugs.ts'

/** A change of one text in a file below `packages`. The text must be there exactly once. */
export interface Patch {
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface PlantedBug {
  /** What is wrong with it. */
  readonly why: string
  readonly patches: readonly Patch[]
  /** A kind of topology that can show it. @defaultValue any */
  readonly topology?: string
  /** Seeds within which it is found. @defaultValue 500 */
  readonly seeds?: number
  /** True for what is no bug: the same seeds must find nothing. */
  readonly isHarmless?: boolean
}

const MEMBER = 'core/src/runtime/member.ts'
const TASK = 'core/src/runtime/task.ts'
const TASK_STORES = 'core/src/runtime/task-stores.ts'
const TASK_MANAGER = 'core/src/runtime/task-manager.ts'
const COMMITTER = 'core/src/runtime/committer.ts'
const RESTORER = 'core/src/runtime/restorer.ts'
const RECORD_QUEUE = 'core/src/runtime/record-queue.ts'
const GLOBAL_FEED = 'core/src/runtime/global/global-store-feed.ts'

/** Ways to break exactly-once, each of which somebody has had in a stream processor. */
export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  ...SINK_BUGS,
  'apply-before-commit': {
    why: 'the stores hold what an aborted transaction wrote',
    patches: [
      {
        file: MEMBER,
        find: 'const commit = committer.commit(offsets, consumer)\n',
        replace:
          'for (const task of running) await task.committed(committer.commitMarkers)\n    const commit = committer.commit(offsets, consumer)\n',
      },
    ],
  },
  'position-before-data': {
    why: 'a crash between the two leaves a position whose data is missing',
    patches: [
      {
        file: TASK_STORES,
        find: 'const applied = this.#state.apply(batches, positions)',
        replace:
          'const first = this.#state.apply([], positions)\n    const applied = first === undefined ? this.#state.apply(batches, new Map()) : first.then(() => this.#state.apply(batches, new Map()))',
      },
    ],
  },
  'data-before-position': {
    why: 'no bug: what is between the position and the data is replayed over the same values',
    isHarmless: true,
    patches: [
      {
        file: TASK_STORES,
        find: 'const applied = this.#state.apply(batches, positions)',
        replace:
          'const first = this.#state.apply(batches, new Map())\n    const applied = first === undefined ? this.#state.apply([], positions) : first.then(() => this.#state.apply([], positions))',
      },
    ],
  },
  'markers-not-counted': {
    why: 'no bug: a position is a lower bound, and to replay more changes nothing',
    isHarmless: true,
    patches: [{ file: COMMITTER, find: 'commitMarkers: 1,', replace: 'commitMarkers: 0,' }],
  },
  'position-too-far': {
    why: 'a marker too many is counted, so a later restore begins after a record that it needs',
    patches: [
      {
        file: TASK_STORES,
        find: 'offset: before.offset + records + commitMarkers }',
        replace: 'offset: before.offset + records + commitMarkers + 1 }',
      },
    ],
  },
  'state-not-rolled-back': {
    why: 'an abort takes the outputs and offsets back, and leaves the writes of the stores',
    patches: [
      {
        file: TASK,
        find: 'this.#stores.rollback()\n    this.collector.dropHeld()\n    this.#resetTransaction()',
        replace: 'this.collector.dropHeld()\n    this.#resetTransaction()',
      },
    ],
  },
  'processors-not-made-anew': {
    why: 'fields of processors remember what was aborted',
    topology: 'processor',
    patches: [
      {
        file: TASK,
        find: 'await this.#closeNodes()\n    this.#nodes = this.#createNodes()\n    await this.init()',
        replace: 'await Promise.resolve()',
      },
    ],
  },
  'no-seek-after-abort': {
    why: 'records of the aborted transaction that were polled already never come again',
    patches: [
      {
        file: TASK_MANAGER,
        find: 'if (positions.length > 0) await this.#parts.consumer.seek(positions)',
        replace: 'void positions',
      },
    ],
  },
  'repeated-by-client': {
    why: 'a record that the client gives again while the first one waits is processed twice',
    topology: 'processor',
    patches: [
      {
        file: RECORD_QUEUE,
        find: '(last !== undefined && raw.offset <= last.offset)',
        replace: 'false',
      },
    ],
  },
  'offsets-not-in-transaction': {
    why: 'outputs are committed, and their inputs are processed again after a restart',
    patches: [
      {
        file: COMMITTER,
        find: 'if (offsets.length > 0) {',
        replace: 'if (offsets.length > 1e9) {',
      },
    ],
  },
  'no-commit-before-revocation': {
    why: 'outputs of a task that was given away are committed later without its offsets',
    patches: [
      { file: MEMBER, find: 'if (isCommitNeeded) {', replace: 'if (isCommitNeeded && 0 > 1) {' },
    ],
  },
  'lost-mark-ignored': {
    why: 'a client that has left the group sends offsets without a generation, and brokers take them',
    patches: [
      {
        file: 'testing/src/simulation/kafka/simulated-transactional-producer.ts',
        find: 'if (!consumer.isAssignmentLost) return\n',
        replace: 'if (consumer.groupId !== undefined) return\n',
      },
    ],
    seeds: 3000,
  },
  'lost-taken-for-revoked': {
    why: 'no bug: the broker refuses the commit of who lost its partitions, and the tasks are given up then',
    isHarmless: true,
    patches: [
      {
        file: MEMBER,
        find: 'if (event.lost) await this.#giveUp(affected, event)\n    else {',
        replace: '{',
      },
    ],
  },
  'restore-starts-too-late': {
    why: 'the first record after the position is missing from the store',
    patches: [
      {
        file: 'core/src/runtime/restore-start.ts',
        find: 'return position.offset\n',
        replace: 'return position.offset + 1\n',
      },
    ],
  },
  'restore-ends-at-stable-offset': {
    why: 'KAFKA-10167: offsets may be stable while the changelog is not yet',
    patches: [
      {
        file: RESTORER,
        find: "admin.listOffsets(partitions, 'end')",
        replace: "admin.listOffsets(partitions, 'stable-end')",
      },
    ],
  },
  'source-restored-to-its-end': {
    why: 'a table that has its topic for its changelog takes rows that are to be processed for old ones',
    patches: [
      {
        file: RESTORER,
        find: 'const end = request.limit ?? ends.get(key) ?? 0',
        replace: 'const end = ends.get(key) ?? 0',
      },
      {
        file: RESTORER,
        find: 'const isLimited = restore.limit !== undefined && next > restore.end',
        replace: 'const isLimited = false',
      },
    ],
    topology: 'table',
  },
  'standby-of-source-reads-on': {
    why: 'a copy of a table that has its topic for its changelog is ahead of the offsets that are committed',
    patches: [
      {
        file: 'core/src/runtime/standby/standby-task.ts',
        find: 'if (!tailed.isSource || next <= tailed.end) {',
        replace: 'if (next > 0) {',
      },
      {
        file: 'core/src/runtime/restore-start.ts',
        find: 'if (isSource && position.offset > Math.max(first, end)) return',
        replace: 'if (false) return',
      },
    ],
    topology: 'table',
    seeds: 2000,
  },
  'changelog-end-before-offsets': {
    why: 'a transaction that commits between the two is in the offsets and not in the store',
    patches: [
      {
        file: TASK_MANAGER,
        find: 'const inputs = await this.#positions(',
        replace:
          'await globalThis.plantedEnds?.(this.#parts.admin, wanted.flatMap(({ lead, subtopology }) => subtopology.subtopology.stores.map((store) => ({ topic: this.#parts.environment.changelogTopic(store.name), partition: lead.partition }))))\n    const inputs = await this.#positions(',
      },
      {
        file: RESTORER,
        find: "admin.listOffsets(partitions, 'end').then(offsetsByPartition),",
        replace: 'plantedOffsets(admin, partitions),',
      },
      {
        file: RESTORER,
        find: 'export class Restorer {',
        replace: `const planted = new WeakMap()
globalThis.plantedEnds = async (admin, partitions) => {
  const ends = planted.get(admin) ?? new Map()
  planted.set(admin, ends)
  if (partitions.length === 0) return
  for (const end of await admin.listOffsets(partitions, 'end')) ends.set(partitionKey(end.topic, end.partition), end.offset)
}
const plantedOffsets = (admin, partitions) =>
  Promise.resolve(new Map(partitions.map(({ topic, partition }) => [partitionKey(topic, partition), planted.get(admin)?.get(partitionKey(topic, partition)) ?? 0])))
export class Restorer {`,
      },
    ],
    topology: 'table',
    seeds: 4000,
  },
  'processors-not-flushed': {
    why: 'what a cache holds back is not in the transaction whose offsets cover it',
    patches: [
      {
        file: TASK,
        find: 'await this.#nodes.flush()\n',
        replace: '',
      },
    ],
  },
  'commit-retried-as-new': {
    why: 'a commit whose answer was lost is taken for one that failed',
    patches: [
      {
        file: COMMITTER,
        find: "await retry('committing the transaction', retries, () => producer.commit())",
        replace:
          'await producer.commit().catch(async (error) => { isOpen = false; await producer.abort().catch(() => undefined); throw error })',
      },
    ],
  },
  'savepoint-not-rolled-back': {
    why: 'a record that was dropped has left its writes behind',
    topology: 'processor',
    patches: [
      {
        file: TASK,
        find: 'this.#stores.rollbackToSavepoint()\n    this.collector.dropHeld()\n    this.#dropped',
        replace: 'this.collector.dropHeld()\n    this.#dropped',
      },
    ],
  },
  'partition-time-forgotten': {
    why: 'stream time begins anew after a restart, so punctuators are called at other records',
    topology: 'processor',
    patches: [
      {
        file: 'core/src/runtime/start-positions.ts',
        find: '? decodeOffsetMetadata(found.metadata)',
        replace: '? UNKNOWN_OFFSET_METADATA',
      },
    ],
  },
  'window-expiry-not-rolled-back': {
    why: 'the time up to which windows have expired stays where an aborted transaction had put it',
    topology: 'window',
    patches: [
      {
        file: 'core/src/state/transaction-buffer.ts',
        find: 'this.scalars.clear()\n',
        replace: '',
      },
    ],
  },
  'global-position-too-far': {
    why: 'a member that starts again goes on one record too late in a global topic',
    topology: 'global',
    seeds: 100,
    patches: [
      {
        file: GLOBAL_FEED,
        find: 'task.position(extent.partition)?.offset ?? extent.first',
        replace: '(task.position(extent.partition)?.offset ?? extent.first - 1) + 1',
      },
    ],
  },
  'emission-forgotten': {
    why: 'a task that is opened anew does not know which windows it has sent',
    topology: 'finals',
    patches: [
      {
        file: TASK_STORES,
        find: 'this.times = new OperatorTimes(parts.operatorTimes)',
        replace: 'this.times = new OperatorTimes([])',
      },
    ],
  },
  'suppress-not-logged': {
    why: 'what is held back is gone with the process',
    topology: 'finals',
    patches: [
      {
        file: 'core/src/state/suppress-buffer.ts',
        find: 'const { logging = true, topicConfig } = options',
        replace: 'const { topicConfig } = options\n  const logging = false',
      },
    ],
  },
  'unmatched-not-logged': {
    why: 'records of a join that wait for a match are gone with the process',
    topology: 'stream-join',
    patches: [
      {
        file: 'core/src/state/outer-join-store.ts',
        find: 'logging: options.logging ?? true,',
        replace: 'logging: false,',
      },
    ],
  },
  'stale-answers-taken': {
    why: 'a foreign-key join joins a row with what its predecessor had asked for',
    topology: 'foreign-key-join',
    patches: [
      {
        file: 'core/src/dsl/operators/foreign-key/resolve.ts',
        find: 'if (!equalBytes(hash, response.hash)) {',
        replace: 'if (hash === undefined && !equalBytes(hash, response.hash)) {',
      },
    ],
  },
  'not-asked-again': {
    why: 'an inner foreign-key join keeps a result when all rows of it have gone at once, as in Kafka Streams',
    topology: 'foreign-key-join',
    patches: [
      {
        file: 'core/src/dsl/operators/foreign-key/resolve.ts',
        find: 'isLeftJoin || response.value !== null) return undefined',
        replace: 'isLeftJoin || response.value !== undefined) return undefined',
      },
    ],
  },
  'holding-back-forgotten': {
    why: 'windows that are sent when they close are late for those that they go into',
    topology: 'idle',
    patches: [
      {
        file: 'core/src/runtime/processor-node-instance.ts',
        find: 'return this.#processor.holdsBackMs ?? 0',
        replace: 'return 0',
      },
    ],
  },
  'upstream-not-waited-for': {
    why: 'the idle time of a task goes beyond that of the tasks that it reads from',
    topology: 'idle',
    patches: [
      {
        file: 'core/src/runtime/task-time.ts',
        find: 'Math.min(timeMs, boundMs(source))',
        replace: 'Math.min(timeMs, Infinity)',
      },
    ],
  },
}
