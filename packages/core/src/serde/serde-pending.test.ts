import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { withPlace } from '../errors/with-place.ts'
import { readyOf, serdePending, whenReady } from './serde-pending.ts'
import { serdes } from './serdes.ts'

test('a call that waits for something is repeated when it is there', async () => {
  let isThere = false
  const get = async (): Promise<void> => {
    await Promise.resolve()
    isThere = true
  }

  const value = await whenReady(() => {
    if (!isThere) throw serdePending('not yet', get)
    return 42
  })

  assert.equal(value, 42)
})

test('what is waited for in vain is what the call rejects with', async () => {
  const down = new MillraceError('MR_SCHEMA_UNAVAILABLE', 'down')

  await assert.rejects(
    whenReady(() => {
      throw serdePending('not yet', () => Promise.reject(down))
    }),
    down,
  )
})

test('an error of another kind waits for nothing', async () => {
  const boom = new Error('boom')
  assert.equal(readyOf(boom), undefined)
  await assert.rejects(
    whenReady(() => {
      throw boom
    }),
    boom,
  )
})

test('an error that is given its place keeps what it says and waits for', () => {
  const ready = (): Promise<void> => Promise.resolve()
  const error = withPlace(serdePending('not yet', ready, { schemaId: 7 }), { topic: 'in' })

  assert.equal(error.code, 'MR_SERDE_PENDING')
  assert.equal(error.action, 'retry')
  assert.equal(error.message, 'not yet')
  assert.equal(error.ready, ready)
  assert.deepEqual(error.at, { topic: 'in', schemaId: 7 })
})

test('a nullable serde prepares as the serde within', () => {
  const asked: string[] = []
  const inner = {
    ...serdes.string,
    prepare: (topic: string) => {
      asked.push(topic)
      return undefined
    },
  }
  assert.equal(serdes.nullable(inner).prepare?.('orders'), undefined)
  assert.deepEqual(asked, ['orders'])
})
