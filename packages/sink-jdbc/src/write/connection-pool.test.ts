import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SqlConnection } from '../drivers/sql-connection.ts'
import { ConnectionPool } from './connection-pool.ts'

/** A session that does nothing but end. */
class IdleConnection implements SqlConnection {
  isUsable = true

  execute(): Promise<never> {
    return Promise.reject(new TypeError('nothing is executed'))
  }

  executeEach(): Promise<never> {
    return this.execute()
  }

  run(): Promise<never> {
    return this.execute()
  }

  destroy(): void {
    this.isUsable = false
  }

  close(): Promise<void> {
    this.destroy()
    return Promise.resolve()
  }
}

const never = new AbortController().signal

function poolOf(size: number): ConnectionPool {
  return new ConnectionPool(() => Promise.resolve(new IdleConnection()), size)
}

describe('pool of connections', () => {
  test('those who wait get a session in their order', async () => {
    const pool = poolOf(1)
    const first = await pool.acquire(never)
    const order: number[] = []
    const waiting = [1, 2, 3].map(async (number) => {
      const connection = await pool.acquire(never)
      order.push(number)
      pool.release(connection)
    })
    pool.release(first)
    await Promise.all(waiting)
    assert.deepEqual(order, [1, 2, 3])
  })

  test('one that gives up leaves its place to the next', async () => {
    const pool = poolOf(1)
    const first = await pool.acquire(never)
    const gone = new AbortController()
    const given = pool.acquire(gone.signal)
    const next = pool.acquire(never)
    gone.abort(new Error('revoked'))
    await assert.rejects(given, /revoked/)
    pool.release(first)
    assert.equal(await next, first)
  })

  test('one that gives up just when its turn has come passes it on', async () => {
    const pool = poolOf(1)
    const first = await pool.acquire(never)
    const gone = new AbortController()
    const given = pool.acquire(gone.signal)
    const next = pool.acquire(never)
    pool.release(first)
    gone.abort(new Error('revoked'))
    await assert.rejects(given, /revoked/)
    assert.equal(await next, first)
  })

  test('a session that is of no more use is replaced', async () => {
    const pool = poolOf(1)
    const first = await pool.acquire(never)
    const next = pool.acquire(never)
    first.destroy()
    pool.release(first)
    const second = await next
    assert.notEqual(second, first)
    assert.equal(second.isUsable, true)
  })

  test('a failed connect lets the next one try', async () => {
    let attempts = 0
    const pool = new ConnectionPool(() => {
      attempts++
      return attempts === 1
        ? Promise.reject(new Error('refused'))
        : Promise.resolve(new IdleConnection())
    }, 1)
    const [first, second] = await Promise.allSettled([pool.acquire(never), pool.acquire(never)])
    assert.equal(first.status, 'rejected')
    assert.equal(second.status, 'fulfilled')
  })

  test('after its close it gives none, to those who wait neither', async () => {
    const pool = poolOf(1)
    const first = await pool.acquire(never)
    const waiting = pool.acquire(never)
    await pool.close()
    await assert.rejects(waiting, /closed/)
    await assert.rejects(pool.acquire(never), /closed/)
    pool.release(first)
    assert.equal(first.isUsable, false)
  })
})
