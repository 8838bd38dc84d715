/** Anything that a processor reads and writes, and that a changelog restores. */
export interface StateStore {
  readonly name: string
}
