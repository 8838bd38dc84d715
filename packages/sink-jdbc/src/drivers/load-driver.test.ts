import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadDriver } from './load-driver.ts'

test('a driver that is not installed is named, with what installs it', async () => {
  const name: string = 'no-such-driver'
  await assert.rejects(
    loadDriver(name, () => import(name)),
    (error) =>
      MillraceError.is(error, 'MR_CONFIG') &&
      error.message === 'The driver no-such-driver is not there' &&
      error.hint === 'Install it beside @millrace/sink-jdbc: npm install no-such-driver',
  )
})

test('a driver that fails while it loads is told from one that is missing', async () => {
  const boom = new Error('boom')
  await assert.rejects(
    loadDriver('pg', () => Promise.reject(boom)),
    (error) =>
      MillraceError.is(error, 'MR_CONFIG') &&
      error.message === 'The driver pg does not load' &&
      error.cause === boom,
  )
})
