import type { ProcessingGuarantee } from '@millrace/core'

/** What the screen shows, at one moment. */
export interface Progress {
  readonly text: string
  readonly guarantee: ProcessingGuarantee
  readonly words: number
  readonly fedWords: number
  /** Updates in the output: one a word, if nothing is duplicated. */
  readonly countedWords: number
  readonly top: readonly (readonly [word: string, count: number])[]
  /** State of each processor. */
  readonly processors: readonly string[]
  readonly recordsPerSecond: number
  readonly lag: number
  readonly commits: number
  readonly restored: number
  readonly kills: number
  readonly plannedKills: number
  readonly elapsedMs: number
}
