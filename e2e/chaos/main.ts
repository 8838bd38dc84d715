import { runProgram } from '@millrace/trial'
import { randomInt } from 'node:crypto'
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

await runProgram(main, 'the members and the broker are stopped.')
