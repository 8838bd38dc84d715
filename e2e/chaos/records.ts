/** One input: who it counts for, when it happened, and which one it is. */
export interface FedRecord {
  readonly stream: 'new' | 'old'
  /** Within its stream, from 0. */
  readonly id: number
  readonly key: string
  readonly timestampMs: number
}

/** What each update of a count says: the how manieth input of its key this was, and which one. */
export interface Counted {
  readonly count: number
  readonly id: number
}

export const NEW_WINDOW_MS = 5000
/** Of old records: by their pace such a window is open for half a minute or so. */
export const OLD_WINDOW_MS = 3_600_000

/** Of the windows of old records, in their own time: some expire within a run. */
export const OLD_RETENTION_MS = 14_400_000

export const PARTITIONS: Readonly<Record<FedRecord['stream'], number>> = { new: 4, old: 2 }

export function windowStart(timestampMs: number, sizeMs: number): number {
  return Math.floor(timestampMs / sizeMs) * sizeMs
}

/** What a window is called in outputs. */
export function windowKey(key: string, startMs: number): string {
  return `${key}@${startMs}`
}

export interface ChaosTopics {
  readonly newInput: string
  readonly oldInput: string
  /** Each update of a count, and of a window. */
  readonly counts: string
  readonly windows: string
  readonly oldWindows: string
  /** A count with a cache in front of it: not each update, but the last one of each commit. */
  readonly cached: string
}

export function topicsOf(applicationId: string): ChaosTopics {
  return {
    newInput: `${applicationId}-in`,
    oldInput: `${applicationId}-in-old`,
    counts: `${applicationId}-out-counts`,
    windows: `${applicationId}-out-windows`,
    oldWindows: `${applicationId}-out-old-windows`,
    cached: `${applicationId}-out-cached`,
  }
}
