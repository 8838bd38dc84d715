import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { folderOf, majorOf } from './find-program.ts'

test('the major version is the first number of what a server prints', () => {
  assert.equal(majorOf('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'), 15)
  assert.equal(majorOf('postgres (PostgreSQL) 18.4'), 18)
  assert.equal(majorOf('mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu'), 10)
  assert.equal(majorOf('command not found'), Number.NaN)
})

test('a folder counts when it holds all of the programs', () => {
  const folder = dirname(process.execPath)
  assert.equal(folderOf(['node'], ['/nowhere', folder]), folder)
  assert.equal(folderOf(['node', 'no-such-program'], [folder]), undefined)
})
