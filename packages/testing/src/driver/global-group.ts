import { type StateBackend, type StateStore, type Topology, whenReady } from '@millrace/core'
import {
  GLOBAL_TASK_ID,
  type GlobalEnvironment,
  GlobalStoreTask,
  storesOf,
  type TaskState,
} from '@millrace/core/internal'
import type { TaskDirectories } from './task-directories.ts'
import type { TopicLogs } from './topic-logs.ts'

export interface GlobalGroupParts {
  readonly topology: Topology
  readonly environment: GlobalEnvironment
  readonly backend: StateBackend
  readonly directories: TaskDirectories
  readonly logs: TopicLogs
  readonly partitionCount: (topic: string) => number
}

/** The global stores of the driver's member: each record of their topics is in them before anything else is processed. */
export class GlobalGroup {
  readonly #parts: GlobalGroupParts
  #state: TaskState | undefined
  #tasks: readonly GlobalStoreTask[] = []

  constructor(parts: GlobalGroupParts) {
    this.#parts = parts
  }

  get topics(): readonly string[] {
    return this.#parts.topology.globalStores.map(({ topic }) => topic)
  }

  get storeNames(): readonly string[] {
    return this.#parts.topology.globalStores.map(({ store }) => store.name)
  }

  /** As the store's own processor sees it. */
  store(name: string): StateStore | undefined {
    return this.#task(name)?.writableStore
  }

  /** As all other processors see it. */
  view(name: string): StateStore | undefined {
    return this.#task(name)?.view
  }

  /** Opens the stores as they were left, and reads the rest of their topics. */
  async open(): Promise<void> {
    const { topology, environment, backend, directories } = this.#parts
    const { globalStores } = topology
    if (globalStores.length === 0) return
    const directory = await directories.of(GLOBAL_TASK_ID)
    const stores = storesOf(globalStores.map(({ store }) => store))
    const state = await backend.open({ taskId: GLOBAL_TASK_ID, stores, directory })
    this.#state = state
    const globalStoreNamed = (name: string): StateStore | undefined => this.view(name)
    this.#tasks = globalStores.map(
      (globalStore) => new GlobalStoreTask({ globalStore, state, environment, globalStoreNamed }),
    )
    for (const task of this.#tasks) await task.init()
    await whenReady(() => this.update())
  }

  /** Reads what is new in the topics. What fails comes again. */
  async update(): Promise<void> {
    const { logs, partitionCount } = this.#parts
    for (const task of this.#tasks) {
      for (let partition = 0; partition < partitionCount(task.topic); partition++) {
        const records = logs.partition(task.topic, partition)
        const from = task.position(partition)?.offset ?? 0
        if (from === records.length) continue
        const position = { offset: records.length, topicId: '' }
        await task.apply(records.slice(from), new Map([[partition, position]]))
      }
    }
  }

  async close(): Promise<void> {
    const tasks = this.#tasks
    const state = this.#state
    this.#tasks = []
    this.#state = undefined
    for (const task of tasks) await task.close()
    await state?.close()
  }

  #task(name: string): GlobalStoreTask | undefined {
    return this.#tasks.find(({ storeName }) => storeName === name)
  }
}
