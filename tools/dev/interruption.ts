/**
 * Ctrl-C and friends. Without a program in the foreground they abort {@link interruption}, on which
 * every wait of the tool ends. With one, the program decides: it may have to commit first, and the
 * broker must outlive that.
 */
const controller = new AbortController()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Receiver = (signal: NodeJS.Signals) => void

let foreground: Receiver | undefined

export const interruption: AbortSignal = controller.signal

export class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}`)
    this.signal = signal
  }
}

export function watchSignals(): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (foreground === undefined) controller.abort(new Interrupted(signal))
      else foreground(signal)
    })
  }
}

/** Hands signals to `receiver` until the answer is called. */
export function inForeground(receiver: Receiver): () => void {
  foreground = receiver
  return () => {
    foreground = undefined
  }
}
