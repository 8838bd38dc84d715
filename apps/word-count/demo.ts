import { randomInt } from 'node:crypto'
import { runProgram, standardError } from '@millrace/trial'
import { HELP, MAX_SEED, readDemoCommand } from './demo/options.ts'
import { runDemo } from './demo/run.ts'

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
  const { status, lines } = await runDemo(command.options, standardError(), interrupted)
  process.stdout.write(`${lines.join('\n')}\n`)
  return status
}

await runProgram(main)
