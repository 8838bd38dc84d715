import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MARK = 'MILLRACE-CORRUPT'

/**
 * Remembers that a database was found corrupt while it was in use. RocksDB checks a block when it is
 * read, so it would open well the next time, and fail again in the middle.
 */
export function markCorrupt(directory: string): void {
  try {
    writeFileSync(
      join(directory, MARK),
      'Delete this directory: its state is rebuilt from the changelog.\n',
    )
  } catch {
    // Without it the next read of the block finds the same, only later.
  }
}

export function isMarkedCorrupt(directory: string): boolean {
  return existsSync(join(directory, MARK))
}
