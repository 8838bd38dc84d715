import { failureOf, scenarioFiles } from './judge.ts'
import { HELP, readConformanceCommand } from './options.ts'

/** `./dev conformance`: results on standard output, the sums last. */
async function main(args: readonly string[]): Promise<number> {
  const command = readConformanceCommand(args)
  if (command.kind === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  if (command.kind === 'wrong') {
    process.stderr.write(`${command.problem}\n\n${HELP}`)
    return 2
  }
  let passed = 0
  let failed = 0
  for (const file of command.paths.flatMap(scenarioFiles)) {
    const failure = await failureOf(file, command.stores)
    if (failure === undefined) passed++
    else {
      failed++
      process.stdout.write(`failed ${file} ${failure}\n`)
    }
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
