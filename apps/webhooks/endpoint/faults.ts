/** What goes wrong with a request; `processed` says whether it has taken effect nevertheless. */
export interface Fault {
  readonly kind: 'error' | 'reset' | 'silence' | 'too many requests'
  readonly processed: boolean
}

const FAULTS: readonly Fault[] = [
  { kind: 'error', processed: false },
  { kind: 'error', processed: true },
  { kind: 'reset', processed: false },
  { kind: 'reset', processed: true },
  { kind: 'silence', processed: false },
  { kind: 'silence', processed: true },
  { kind: 'too many requests', processed: false },
]

/** A fault for this share of all requests, each kind as often. */
export function randomFaults(share: number, random: () => number): () => Fault | undefined {
  return () => {
    if (random() >= share) return undefined
    return FAULTS[Math.floor(random() * FAULTS.length)]
  }
}
