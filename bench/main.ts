import { COMMANDS } from './commands.ts'
import { UsageError } from './run/run-options.ts'

const [name = 'help', ...args] = process.argv.slice(2)
try {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    throw new UsageError(`there is no \`${name}\`; use one of: ${Object.keys(COMMANDS).join(', ')}`)
  }
  process.exitCode = await command(args)
} catch (error) {
  const isUsage = error instanceof UsageError
  process.stderr.write(`bench: ${isUsage ? error.message : String(error)}\n`)
  if (!isUsage && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  process.exitCode = isUsage ? 2 : 1
}
