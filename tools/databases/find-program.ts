import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The first folder of `folders`, then of PATH, that holds all of `programs`. */
export function folderOf(
  programs: readonly string[],
  folders: readonly string[],
): string | undefined {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...folders, ...path].find((folder) =>
    programs.every((program) => {
      try {
        accessSync(join(folder, program), constants.X_OK)
        return true
      } catch {
        return false
      }
    }),
  )
}

/** What `program --version` prints: one line. */
export async function versionOf(program: string): Promise<string> {
  const { stdout } = await run(program, ['--version'])
  return stdout.trim()
}

/** The first number in a version text: 15 in `postgres (PostgreSQL) 15.18 (Debian …)`. */
export function majorOf(version: string): number {
  return Number(/(\d+)\./.exec(version)?.[1] ?? Number.NaN)
}
