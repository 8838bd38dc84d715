/** A committed record, as a reader of committed data gets it. */
export interface OutputRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Uint8Array | null
}

/** What an application has left behind when everything is processed and it is closed. */
export interface Outcome {
  /** Committed records, in the order of their offsets within a partition. */
  records(topic: string): readonly OutputRecord[]
  /** False when a process may have gone on with partitions that others had meanwhile: it stood still, or did not hear of the group. */
  readonly isWithoutZombies: boolean
  /** What the changelog of a store comes to, by key; keys of strings. */
  changelog(store: string): ReadonlyMap<string, Uint8Array>
}
