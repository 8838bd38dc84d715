import { createApp, MillraceError } from '@millrace/core'
import { helpOf } from '@millrace/trial'
import { PROCESSOR_FLAGS, readProcessorOptions } from './processor-options.ts'
import { startReports } from './report.ts'
import { wordCountTopology } from './topology.ts'

/** The word count as a program: runs until SIGTERM or SIGINT. */
async function main(): Promise<number> {
  const { options, problems } = readProcessorOptions(process.argv.slice(2), process.env)
  if (options.help) {
    process.stdout.write(`Counts words, exactly once.\n\n${helpOf(PROCESSOR_FLAGS)}`)
    return 0
  }
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n\n${helpOf(PROCESSOR_FLAGS)}`)
    return 2
  }
  const app = createApp(wordCountTopology(options.input, options.output), options.app)
  const stopReports = options.report
    ? startReports(app, (line) => process.stdout.write(line))
    : undefined
  try {
    await app.run()
    return 0
  } finally {
    stopReports?.()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!MillraceError.is(error)) throw error
  process.stderr.write(`${error.message}\n${error.hint ?? ''}\n`)
  process.exitCode = 1
}
