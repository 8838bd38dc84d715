import { constants } from 'node:os'
import { MillraceError } from '@millrace/core'
import { TrialFailure } from './failure.ts'

class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals, consequence: string) {
    super(`Interrupted by ${signal}: ${consequence}`)
    this.signal = signal
  }
}

/** One clear line and what to do; anything else is a defect of the program and keeps its stack. */
function explain(error: unknown): string {
  if (error instanceof TrialFailure) {
    return [error.message, error.hint, ...error.log.map((line) => `  ${line}`)].join('\n')
  }
  if (MillraceError.is(error)) return `${error.message}\n${error.hint ?? ''}`.trimEnd()
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/**
 * Runs a demonstration or a trial as this process: its exit status is what `main` answers, 1 when that fails, or that of
 * a shell after the signal by which `interrupted` was aborted. `consequence` tells what an interruption does.
 */
export async function runProgram(
  main: (interrupted: AbortSignal) => Promise<number>,
  consequence = 'the app is stopped and its topics are deleted.',
): Promise<void> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second time without cleaning up.
      if (interruption.signal.aborted) process.exit(128 + constants.signals[signal])
      interruption.abort(new Interrupted(signal, consequence))
    })
  }
  try {
    process.exitCode = await main(interruption.signal)
  } catch (error) {
    const isInterrupted = error instanceof Interrupted
    process.stderr.write(`${isInterrupted ? error.message : explain(error)}\n`)
    process.exitCode = isInterrupted ? 128 + constants.signals[error.signal] : 1
  }
}
