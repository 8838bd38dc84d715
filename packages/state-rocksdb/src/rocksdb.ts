import type { StateBackend, TaskState, TaskStateRequest } from '@millrace/core/internal'
import { mkdir } from 'node:fs/promises'
import { Database } from './binding/database.ts'
import { corruptState, type StatePlace, translateError } from './binding/translate-error.ts'
import { isMarkedCorrupt, markCorrupt } from './corrupt-mark.ts'
import { MemoryBudget, type MemoryShare } from './memory-budget.ts'
import { ReadCache } from './read-cache.ts'
import { resolveRocksDbOptions, type RocksDbOptions } from './rocksdb-options.ts'
import { RocksDbTaskState } from './rocksdb-task-state.ts'
import { openCatalogue } from './store-catalogue.ts'

/**
 * State on disk: one RocksDB a task, in the app's state directory.
 *
 * What was applied survives the end of the process in whatever way; a power cut may take back the last
 * steps, as a whole. Then the changelog has the rest, as it has all of it when the disk is lost.
 *
 * @throws MillraceError `MR_CONFIG`
 */
export function rocksdb(options: RocksDbOptions = {}): StateBackend {
  const { memoryBytes } = resolveRocksDbOptions(options)
  const budget = new MemoryBudget(memoryBytes)
  return {
    kind: 'rocksdb',
    persistent: true,
    open: (request) => openTask(request, budget),
  }
}

async function openTask(request: TaskStateRequest, budget: MemoryBudget): Promise<TaskState> {
  const { taskId, directory, stores } = request
  const place: StatePlace = { taskId, directory }
  await makeDirectory(place)
  if (isMarkedCorrupt(directory)) throw corruptState('it was found corrupt before', place)

  const cache = new ReadCache(stores.length)
  const share = budget.take((bytes) => {
    cache.setLimit(bytes)
  })
  let database: Database | undefined
  try {
    database = await Database.open(place, databaseMemory(share), () => {
      markCorrupt(directory)
    })
    const catalogue = openCatalogue(database, stores, place)
    return new RocksDbTaskState({ database, catalogue, cache, onClosed: share.release })
  } catch (error) {
    // The error that is thrown says more than one of closing what could not be used.
    await database?.close().catch(() => undefined)
    share.release()
    throw error
  }
}

async function makeDirectory(place: StatePlace): Promise<void> {
  try {
    await mkdir(place.directory, { recursive: true })
  } catch (error) {
    throw translateError(error, 'Making the directory', place)
  }
}

/** Half for memtables at their worst, which is one and a half times their budget, half for the cache. */
function databaseMemory({ databaseBytes }: MemoryShare): {
  readonly memtableBytes: number
  readonly blockCacheBytes: number
} {
  return { memtableBytes: databaseBytes / 3, blockCacheBytes: databaseBytes / 2 }
}
