import { constants } from 'node:os'
import { parseCall } from './commands.ts'
import { Interrupted, watchSignals } from './interruption.ts'
import { explainFailure, FailedStep } from './steps.ts'
import { isColourful, paint } from './terminal.ts'

function statusFor(error: unknown): number {
  const reason = error instanceof FailedStep ? error.cause : error
  if (reason instanceof Interrupted) return 128 + constants.signals[reason.signal]
  process.stderr.write(`\n${paint(explainFailure(error), 'red', isColourful(process.stderr))}\n`)
  return 1
}

watchSignals()
try {
  const { command, args } = parseCall(process.argv.slice(2))
  process.exitCode = await command.run(args)
} catch (error) {
  process.exitCode = statusFor(error)
}
