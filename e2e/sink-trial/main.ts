import { runProgram } from '@millrace/trial'
import { randomInt } from 'node:crypto'
import { HELP, MAX_SEED, readTrialCommand } from './options.ts'
import { runTrial, statusOf } from './run.ts'

/** `./dev sinks`: progress on standard error, the result on standard output. */
async function main(interrupted: AbortSignal): Promise<number> {
  const command = readTrialCommand(process.argv.slice(2), randomInt(MAX_SEED))
  if (command.kind === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  if (command.kind === 'wrong') {
    process.stderr.write(`${command.problems.join('\n')}\n\nSee --help for the options.\n`)
    return 2
  }
  const { options } = command
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const result = await runTrial(options, say, interrupted)
  const { records, lost, duplicated, kills, zombies, seconds, summary } = result
  const lines = [
    ...result.problems,
    ...result.failures,
    ...(result.folder === undefined ? [] : [`logs: ${result.folder}`]),
    `seed ${options.seed}, ${options.members} members, ${result.outages} outages, ${seconds.toFixed(1)} s; ${summary}`,
    `${options.target}: ${records} records, ${lost} lost, ${duplicated} duplicated, ${kills} kills, ${zombies} zombies`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return statusOf(result)
}

await runProgram(main, 'the members and the servers are stopped.')
