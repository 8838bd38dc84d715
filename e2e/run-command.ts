import { constants } from 'node:os'

class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals, consequence: string) {
    super(`Interrupted by ${signal}: ${consequence}`)
    this.signal = signal
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/**
 * Runs a command as this process: its exit status is what `main` answers, 1 when that fails, or that of a shell after
 * the signal by which `interrupted` was aborted. `consequence` tells what an interruption does.
 */
export async function runCommand(
  main: (interrupted: AbortSignal) => Promise<number>,
  consequence: string,
): Promise<void> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interruption.abort(new Interrupted(signal, consequence))
    })
  }
  try {
    process.exitCode = await main(interruption.signal)
  } catch (error) {
    const isInterrupted = error instanceof Interrupted
    process.stderr.write(`${isInterrupted ? error.message : stackOf(error)}\n`)
    process.exitCode = isInterrupted ? 128 + constants.signals[error.signal] : 1
  }
}
