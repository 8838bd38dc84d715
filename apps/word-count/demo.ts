import { randomInt } from 'node:crypto'
import { constants } from 'node:os'
import { MillraceError } from '@millrace/core'
import { DemoFailure } from './demo/failure.ts'
import { HELP, MAX_SEED, readDemoCommand } from './demo/options.ts'
import { paintFor } from './demo/paint.ts'
import { runDemo } from './demo/run.ts'
import type { ScreenTarget } from './demo/screen.ts'

/** Counts a text while processors are killed, and says whether anything was lost or duplicated. */
async function main(interrupted: AbortSignal): Promise<number> {
  const command = readDemoCommand(process.argv.slice(2), process.env, randomInt(MAX_SEED))
  if (command.kind === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  if (command.kind === 'wrong') {
    process.stderr.write(`${command.problems.join('\n')}\n\nSee --help for the options.\n`)
    return 2
  }
  const { status, lines } = await runDemo(command.options, screenTarget(), interrupted)
  process.stdout.write(`${lines.join('\n')}\n`)
  return status
}

function screenTarget(): ScreenTarget {
  const { stderr, env } = process
  const isTerminal = stderr.isTTY && env['TERM'] !== 'dumb'
  return {
    isTerminal,
    paint: paintFor(isTerminal, env),
    size: () => ({ columns: stderr.columns, rows: stderr.rows }),
    write: (text) => stderr.write(text),
  }
}

/** One clear line and what to do; anything else is a defect of the demo and keeps its stack. */
function explain(error: unknown): string {
  if (error instanceof DemoFailure) {
    return [error.message, error.hint, ...error.log.map((line) => `  ${line}`)].join('\n')
  }
  if (MillraceError.is(error)) return `${error.message}\n${error.hint ?? ''}`.trimEnd()
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}: the processors are stopped and the topics deleted.`)
    this.signal = signal
  }
}

const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time without cleaning up. The processors end when nobody reads their reports.
    if (interruption.signal.aborted) process.exit(128 + constants.signals[signal])
    interruption.abort(new Interrupted(signal))
  })
}
try {
  process.exitCode = await main(interruption.signal)
} catch (error) {
  const isInterrupted = error instanceof Interrupted
  process.stderr.write(`${isInterrupted ? error.message : explain(error)}\n`)
  process.exitCode = isInterrupted ? 128 + constants.signals[error.signal] : 1
}
