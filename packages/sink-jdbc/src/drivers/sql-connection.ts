/** What a driver takes. */
export type Bind = string | number | bigint | Uint8Array | null

/** What a statement gave. */
export interface SqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Rows that it changed. */
  readonly changes: number
}

/**
 * One session of a database; all that differs between drivers lies behind this. One call at a time. Errors are
 * the driver's own; a dialect says what they mean.
 */
export interface SqlConnection {
  /** False after a failure that a rollback does not mend. */
  readonly isUsable: boolean
  /** A statement that is prepared once in the session, and kept. */
  execute(sql: string, values: readonly Bind[]): Promise<SqlResult>
  /** The same prepared statement for each row, in order; what it changed in all. */
  executeEach(sql: string, rows: readonly (readonly Bind[])[]): Promise<number>
  /** Text without values, of one or several statements. */
  run(sql: string): Promise<void>
  /** Ends the session at once: a statement under way fails, an open transaction is rolled back. Does not reject. */
  destroy(): void
  /** Ends the session in order. Does not reject. */
  close(): Promise<void>
}

/** Makes connections. */
export type Connect = () => Promise<SqlConnection>
