import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInstalled, type Lock } from './packages.ts'

const lock: Lock = {
  packages: {
    '': { version: '0.0.0' },
    'packages/core': { version: '0.0.0' },
    'node_modules/@millrace/core': { resolved: 'packages/core', link: true },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b-win32': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  },
}

const without = (path: string): Lock => {
  const entries = Object.entries(lock.packages ?? {}).filter(([name]) => name !== path)
  return { packages: Object.fromEntries(entries) }
}

const changed = (path: string, entry: object): Lock => ({
  packages: { ...lock.packages, [path]: entry },
})

test('packages are up to date when all that the lock file names are installed', () => {
  assert.equal(isInstalled(lock, lock), true)
})

test('a package that is missing, or another version, or other content needs an install', () => {
  assert.equal(isInstalled(lock, without('node_modules/a')), false)
  assert.equal(isInstalled(lock, changed('node_modules/a', { version: '1.0.1' })), false)
  const tampered = { version: '1.0.0', integrity: 'sha512-x' }
  assert.equal(isInstalled(lock, changed('node_modules/a', tampered)), false)
})

test('a new package of the workspace needs an install, to be linked', () => {
  assert.equal(isInstalled(lock, without('node_modules/@millrace/core')), false)
})

test('an optional package of another platform may be missing', () => {
  assert.equal(isInstalled(lock, without('node_modules/b-win32')), true)
})
