/** What a worker is told to do. */
export interface SeedRange {
  readonly from: number
  readonly seeds: number
  readonly topology: string | undefined
  readonly trace: boolean
  /** False: a violation ends the range. */
  readonly keepGoing: boolean
}

/** What a worker tells: a seed begins, a seed is done, or it has nothing left to do. */
export type WorkerMessage =
  | { readonly kind: 'begins'; readonly seed: number }
  | { readonly kind: 'done'; readonly report: SeedReport }
  | { readonly kind: 'idle' }

/** One run, as text. */
export interface SeedReport {
  readonly seed: number
  /** Undefined when all is well. */
  readonly violation: string | undefined
  /** Undefined when it was not asked for. */
  readonly trace: string | undefined
}
