import { existsSync, readFileSync } from 'node:fs'
import { inRoot, ROOT } from './repository.ts'
import { mustRun } from './run-program.ts'
import { step } from './steps.ts'

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly peer?: boolean
}

export interface Lock {
  readonly packages?: Readonly<Record<string, LockedPackage>>
}

const mayBeMissing = (entry: LockedPackage): boolean =>
  entry.optional === true || entry.devOptional === true || entry.peer === true

const isSame = (locked: LockedPackage, installed: LockedPackage): boolean =>
  locked.version === installed.version &&
  locked.integrity === installed.integrity &&
  (locked.link !== true || locked.resolved === installed.resolved)

/**
 * Whether what npm last installed (its own record of it) is what the lock file asks for. Compares
 * packages, not files: a lock file that was only reordered needs no install, and neither does a
 * checkout where somebody ran npm by hand.
 */
export function isInstalled(lock: Lock, installed: Lock): boolean {
  const present = installed.packages ?? {}
  return Object.entries(lock.packages ?? {}).every(([path, locked]) => {
    if (!path.includes('node_modules/')) return true
    const found = present[path]
    return found === undefined ? mayBeMissing(locked) : isSame(locked, found)
  })
}

// Written and read by npm; the shape is that of `Lock`.
const readLock = (path: string): Lock => JSON.parse(readFileSync(path, 'utf8')) as Lock

function isUpToDate(): boolean {
  const record = inRoot('node_modules', '.package-lock.json')
  return existsSync(record) && isInstalled(readLock(inRoot('package-lock.json')), readLock(record))
}

/** Runs `npm ci` unless node_modules holds what the lock file names. */
export async function ensurePackages(): Promise<void> {
  await step('npm packages', async () => {
    if (isUpToDate()) return 'up to date'
    // The only install script that matters is the Kafka client's, which has a step of its own.
    await mustRun(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: ROOT,
      hint: 'Check that npm reaches its registry (npm config get registry), then try again.',
    })
    return undefined
  })
}
