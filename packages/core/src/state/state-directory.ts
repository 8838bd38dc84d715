/** A task whose state is in the directory, open or not. */
export interface StoredTask {
  readonly taskId: string
  /** When this process last closed it, or when it was last written to. */
  readonly lastUsedMs: number
}

/**
 * What one process keeps on disk, beside what the backends write into the directories of its tasks.
 *
 * Semantics: one process at a time ({@link open} claims it, the operating system frees it when the
 * process dies in whatever way), one name that stays ({@link processId}).
 */
export interface StateDirectory {
  /**
   * Claims the directory and reads or makes the process id. Once, first.
   * @throws MillraceError `MR_STATE_DIR_IN_USE`, `MR_STATE_IO`
   */
  open(): Promise<void>
  /** Names this process for ever; valid after {@link open}. */
  readonly processId: string
  /** Where a backend keeps the task. */
  taskDirectory(taskId: string): string
  tasks(): Promise<readonly StoredTask[]>
  /** Deletes what is kept of a task that is not open. */
  remove(taskId: string): Promise<void>
  /** Notes that the task was in use until now. Never throws: at worst it is removed early. */
  touch(taskId: string): Promise<void>
  /** Bytes that may still be written. */
  freeBytes(): Promise<number>
  /** Gives the directory up. Idempotent. */
  close(): Promise<void>
}
