import { globSync } from 'node:fs'
import { join } from 'node:path'
import { StepError } from '../dev/step-error.ts'
import { ensureSystemPackages, hasApt, isRoot } from '../dev/system-packages.ts'
import { folderOf, versionOf } from './find-program.ts'

const HINT =
  'Install MariaDB (Debian: sudo apt-get install mariadb-server; macOS: brew install mariadb), ' +
  'or set MILLRACE_TEST_MARIADB_URL to a server that runs already.'

export interface MariadbPrograms {
  readonly server: string
  readonly install: string
  readonly version: string
}

/** Where servers are, which is not on everybody's PATH. */
const usualFolders = (): string[] => [
  '/usr/sbin',
  '/usr/bin',
  ...globSync('/opt/homebrew/opt/mariadb*/bin'),
  ...globSync('/usr/local/opt/mariadb*/bin'),
]

async function installed(): Promise<MariadbPrograms | undefined> {
  const serverFolder = folderOf(['mariadbd'], usualFolders())
  const installFolder = folderOf(['mariadb-install-db'], usualFolders())
  if (serverFolder === undefined || installFolder === undefined) return undefined
  const server = join(serverFolder, 'mariadbd')
  const install = join(installFolder, 'mariadb-install-db')
  return { server, install, version: await versionOf(server) }
}

/**
 * The system's MariaDB; as root with apt, Debian's package is installed when there is none.
 * @throws StepError when there is none, with what to install.
 */
export async function ensureMariadb(): Promise<MariadbPrograms> {
  const found = await installed()
  if (found !== undefined) return found
  if (isRoot() && (await hasApt())) {
    await ensureSystemPackages(['mariadb-server'])
    const fresh = await installed()
    if (fresh !== undefined) return fresh
  }
  throw new StepError('There is no MariaDB server on this system.', { hint: HINT })
}
