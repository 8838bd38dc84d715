import { randomInt } from 'node:crypto'
import { constants } from 'node:os'
import { HELP, MAX_SEED, readChaosCommand } from './options.ts'
import { resultLines, statusOf } from './report.ts'
import { runChaos } from './run.ts'

/** `./dev chaos`: progress on standard error, the result on standard output. */
async function main(interrupted: AbortSignal): Promise<number> {
  const command = readChaosCommand(process.argv.slice(2), randomInt(MAX_SEED))
  if (command.kind === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  if (command.kind === 'wrong') {
    process.stderr.write(`${command.problems.join('\n')}\n\nSee --help for the options.\n`)
    return 2
  }
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const result = await runChaos(command.options, say, interrupted)
  process.stdout.write(`${resultLines(result, command.options).join('\n')}\n`)
  return statusOf(result)
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}: the members and the broker are stopped.`)
    this.signal = signal
  }
}

const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruption.abort(new Interrupted(signal))
  })
}
try {
  process.exitCode = await main(interruption.signal)
} catch (error) {
  const isInterrupted = error instanceof Interrupted
  process.stderr.write(`${isInterrupted ? error.message : stackOf(error)}\n`)
  process.exitCode = isInterrupted ? 128 + constants.signals[error.signal] : 1
}
