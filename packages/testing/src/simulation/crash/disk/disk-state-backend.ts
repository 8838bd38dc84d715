import { MillraceError } from '@millrace/core'
import {
  type ChangelogPosition,
  type CommittedEntries,
  inMemory,
  type StateBackend,
  type StoreBatch,
  type TaskState,
  type TaskStateRequest,
} from '@millrace/core/internal'
import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { SimulatedProcess } from '../../time/simulated-process.ts'
import type { DiskStep, SimulatedDisk } from './simulated-disk.ts'

export interface DiskStateOptions {
  readonly disk: SimulatedDisk
  readonly process: SimulatedProcess
  /** The backend notes here what is open. */
  readonly openPlaces: Set<string>
  /** Decides latencies. */
  readonly random: SeededRandom
  /** Answers later, so that a kill can come while it works. False: at once, as RocksDB's synchronous calls do. */
  readonly isAsync: boolean
  /** Deleted ranges are a step of their own, before the writes. */
  readonly splitsRanges: boolean
  /** Asked before each apply: true makes it fail with nothing written. */
  readonly isFull?: () => boolean
}

const LONGEST_LATENCY_MS = 20

/** A persistent backend on a {@link SimulatedDisk}, for one process. */
export function diskState(options: DiskStateOptions): StateBackend {
  return {
    kind: 'simulated-disk',
    persistent: true,
    open(request) {
      if (!options.isAsync) return openNow(options, request)
      return new Promise((resolve, reject) => {
        options.process.complete(latencyMs(options), 'state.open', () => {
          openNow(options, request).then(resolve, reject)
        })
      })
    },
  }
}

function latencyMs({ random }: DiskStateOptions): number {
  return random.below(LONGEST_LATENCY_MS * 10) / 10
}

async function openNow(
  options: DiskStateOptions,
  { taskId, stores, directory }: TaskStateRequest,
): Promise<TaskState> {
  const { disk } = options
  const place = directory === '' ? taskId : directory
  if (disk.isCorrupt(place)) {
    throw new MillraceError('MR_STATE_CORRUPT', `The state in ${place} cannot be read`, {
      at: { task: taskId },
    })
  }
  const memory = await inMemory().open({ taskId, stores, directory: '' })
  for (const step of disk.steps(place)) await replay(step, memory)
  options.openPlaces.add(place)
  return new DiskTaskState(options, place, memory)
}

/** What a step makes of a state in memory. */
export async function replay(step: DiskStep, memory: TaskState): Promise<void> {
  if (step.kind === 'clear') await memory.clear(step.store)
  else await memory.apply(step.batches, step.positions)
}

class DiskTaskState implements TaskState {
  readonly #options: DiskStateOptions
  readonly #place: string
  readonly #memory: TaskState
  #isClosed = false

  constructor(options: DiskStateOptions, place: string, memory: TaskState) {
    this.#options = options
    this.#place = place
    this.#memory = memory
  }

  entries(store: string): CommittedEntries {
    return this.#memory.entries(store)
  }

  position(store: string): ChangelogPosition | undefined {
    return this.#memory.position(store)
  }

  apply(
    batches: readonly StoreBatch[],
    positions: ReadonlyMap<string, ChangelogPosition>,
  ): Promise<void> | void {
    this.#assertOpen()
    if (this.#options.isFull?.() === true) {
      throw new MillraceError('MR_STATE_DISK_FULL', `There is no space left for ${this.#place}`)
    }
    const step: DiskStep = {
      kind: 'apply',
      // The caller's writes may change once it goes on.
      batches: batches.map(({ store, deletedRanges = [], writes }) => ({
        store,
        deletedRanges,
        writes: [...writes],
      })),
      positions: new Map(positions),
    }
    return this.#write('state.apply', this.#parts(step))
  }

  clear(store: string): Promise<void> | void {
    this.#assertOpen()
    return this.#write('state.clear', [{ kind: 'clear', store }])
  }

  close(): void {
    this.#isClosed = true
    this.#options.openPlaces.delete(this.#place)
  }

  /** An apply as the steps in which it reaches the disk. */
  #parts(step: DiskStep & { readonly kind: 'apply' }): readonly DiskStep[] {
    const dropped = step.batches.filter(({ deletedRanges }) => deletedRanges.length > 0)
    if (!this.#options.splitsRanges || dropped.length === 0) return [step]
    const ranges: DiskStep = {
      kind: 'apply',
      batches: dropped.map((batch) => ({ ...batch, writes: [] })),
      positions: new Map(),
    }
    const batches = step.batches.map((batch) => ({ ...batch, deletedRanges: [] }))
    return [ranges, { ...step, batches }]
  }

  #write(operation: string, steps: readonly DiskStep[]): Promise<void> | void {
    const { process, isAsync } = this.#options
    if (!isAsync) {
      for (const step of steps) this.#writeStep(step)
      return
    }
    return new Promise((resolve) => {
      const next = (index: number): void => {
        const step = steps[index]
        if (step === undefined) {
          process.complete(latencyMs(this.#options), operation, resolve)
          return
        }
        process.request(latencyMs(this.#options), operation, () => {
          this.#writeStep(step)
          next(index + 1)
        })
      }
      next(0)
    })
  }

  /** The state in memory is never asynchronous. */
  #writeStep(step: DiskStep): void {
    this.#options.disk.append(this.#place, step)
    if (step.kind === 'clear') void this.#memory.clear(step.store)
    else void this.#memory.apply(step.batches, step.positions)
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new TypeError(`the state in ${this.#place} is closed`)
  }
}
