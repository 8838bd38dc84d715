import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingFrom } from './system-packages.ts'

test('packages that dpkg does not know, or has removed, are missing', () => {
  const output = [
    'libssl-dev installed',
    'zlib1g-dev config-files',
    'dpkg-query: no packages found matching libzstd-dev',
  ].join('\n')
  assert.deepEqual(missingFrom(output, ['libssl-dev', 'zlib1g-dev', 'libzstd-dev']), [
    'zlib1g-dev',
    'libzstd-dev',
  ])
})
