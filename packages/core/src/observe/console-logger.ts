import type { LogFields, Logger } from './logger.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** How much is logged: a level has all those before it. */
export type LogLevel = (typeof LEVELS)[number]

/** One line a message on standard error: time, level, message, fields as JSON. */
export function consoleLogger(minLevel: LogLevel = 'info'): Logger {
  const write =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(minLevel)) return
      const text = fields === undefined ? '' : ` ${JSON.stringify(fields, printError)}`
      process.stderr.write(`${new Date().toISOString()} ${level.toUpperCase()} ${message}${text}\n`)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** Errors have no enumerable message, stack or cause: JSON would leave out what matters. */
function printError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const fields = Object.fromEntries(Object.entries(value))
  return { ...fields, message: value.message, stack: value.stack, cause: value.cause }
}
