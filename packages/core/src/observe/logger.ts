/** What a line of the log says besides its text. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where log lines go. Give pino, winston or your own; a method must not throw. */
export interface Logger {
  /** For whoever looks for the cause of something. */
  debug(message: string, fields?: LogFields): void
  /** What an operator likes to know. */
  info(message: string, fields?: LogFields): void
  /** What the app goes on after, and a person should look at. */
  warn(message: string, fields?: LogFields): void
  /** What ended the app, or a part of it. */
  error(message: string, fields?: LogFields): void
}

const ignore = (): void => undefined

/** Logs nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
