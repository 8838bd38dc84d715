/** What the value of an input says. */
export interface TrialValue {
  /** Counts all inputs, also those of transactions that are aborted. */
  readonly n: number
  readonly text: string
}

/** An input that was committed. */
export interface FedRecord {
  readonly n: number
  readonly key: string
  readonly text: string
}

/** Many updates a key, so that their order counts, and several keys a batch. */
const KEYS = 5000

export function recordOf(n: number): FedRecord {
  return { n, key: `k${n % KEYS}`, text: `text of ${n}, which is as long as a short line is` }
}

export const PARTITIONS = 6
