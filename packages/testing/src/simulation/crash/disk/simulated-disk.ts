import type { ChangelogPosition, KeyRange } from '@millrace/core/internal'
import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { SimulatedProcess } from '../../time/simulated-process.ts'

/** A write as it lies on the disk; a null value deletes. */
export interface DiskWrite {
  readonly key: Uint8Array
  readonly mapKey: string
  readonly value: Uint8Array | null
}

export interface DiskBatch {
  readonly store: string
  readonly deletedRanges: readonly KeyRange[]
  readonly writes: readonly DiskWrite[]
}

/** One thing that is written as a whole, or not at all. */
export type DiskStep =
  | {
      readonly kind: 'apply'
      readonly batches: readonly DiskBatch[]
      readonly positions: ReadonlyMap<string, ChangelogPosition>
    }
  | { readonly kind: 'clear'; readonly store: string }

interface TaskFiles {
  steps: DiskStep[]
  isCorrupt: boolean
  lastUsedMs: number
}

/**
 * What one machine keeps of its tasks. It survives the processes that use it.
 *
 * Each task is a log of steps. None of them is synced: a power cut may take back any number of the
 * last ones, but never one in the middle.
 */
export class SimulatedDisk {
  readonly name: string
  /** Who has the state directory on it. */
  owner: SimulatedProcess | undefined
  readonly #tasks = new Map<string, TaskFiles>()
  #wipes = 0

  constructor(name: string) {
    this.name = name
  }

  /** As the file that holds it: a new one when all was wiped. */
  get processId(): string {
    return `${this.name}-${this.#wipes}`
  }

  get places(): readonly string[] {
    return [...this.#tasks.keys()]
  }

  steps(place: string): readonly DiskStep[] {
    return this.#tasks.get(place)?.steps ?? []
  }

  isCorrupt(place: string): boolean {
    return this.#tasks.get(place)?.isCorrupt ?? false
  }

  lastUsedMs(place: string): number {
    return this.#tasks.get(place)?.lastUsedMs ?? 0
  }

  touch(place: string, nowMs: number): void {
    const files = this.#tasks.get(place)
    if (files !== undefined) files.lastUsedMs = nowMs
  }

  append(place: string, step: DiskStep): void {
    this.#files(place).steps.push(step)
  }

  remove(place: string): void {
    this.#tasks.delete(place)
  }

  /** Returns what became of each task, for the trace. */
  powerCut(random: SeededRandom): string {
    const lost: string[] = []
    for (const [place, files] of this.#tasks) {
      const kept = random.below(files.steps.length + 1)
      if (kept === files.steps.length) continue
      lost.push(`${place} back to step ${kept} of ${files.steps.length}`)
      files.steps = files.steps.slice(0, kept)
    }
    return lost.length === 0 ? 'nothing lost' : lost.join(', ')
  }

  /** Makes one task, or none if there is none, unreadable until its place is removed. */
  corrupt(random: SeededRandom): string {
    const places = this.places
    const place = places[random.below(Math.max(1, places.length))]
    if (place === undefined) return 'nothing there'
    this.#files(place).isCorrupt = true
    return place
  }

  wipe(): void {
    this.#wipes++
    this.#tasks.clear()
  }

  #files(place: string): TaskFiles {
    let files = this.#tasks.get(place)
    if (files === undefined) {
      files = { steps: [], isCorrupt: false, lastUsedMs: 0 }
      this.#tasks.set(place, files)
    }
    return files
  }
}
