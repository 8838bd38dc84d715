import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../time/clock.ts'
import { DiskGuard, untilRoom } from './disk-guard.ts'

const MIB = 1024 * 1024

interface Disk {
  nowMs: number
  free: number
  looks: number
}

function guarded(disk: Disk): { readonly guard: DiskGuard; readonly lines: string[] } {
  const lines: string[] = []
  const say = (level: string) => (message: string) => lines.push(`${level} ${message}`)
  const guard = new DiskGuard({
    freeBytes: () => {
      disk.looks++
      return Promise.resolve(disk.free)
    },
    path: '/state',
    scheduler: { ...systemClock, nowMs: () => disk.nowMs },
    logger: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
  })
  return { guard, lines }
}

test('the disk is looked at once a second, unless what is written may have filled it', async () => {
  const disk = { nowMs: 0, free: 100 * MIB, looks: 0 }
  const { guard } = guarded(disk)
  for (; disk.nowMs < 1000; disk.nowMs += 100) {
    assert.equal(await guard.hasRoom(MIB), true)
    guard.wrote(MIB)
  }
  assert.equal(disk.looks, 1)
  assert.equal(await guard.hasRoom(MIB), true)
  assert.equal(disk.looks, 2)
  // 32 MiB are kept free, and each byte is written three times: 100 has room for 22.
  guard.wrote(20 * MIB)
  assert.equal(await guard.hasRoom(2 * MIB), true)
  assert.equal(disk.looks, 2)
  assert.equal(await guard.hasRoom(3 * MIB), true)
  assert.equal(disk.looks, 3)
})

test('a full disk is told once, and room that is there again too', async () => {
  const disk = { nowMs: 0, free: 33 * MIB, looks: 0 }
  const { guard, lines } = guarded(disk)
  assert.equal(guard.fullForMs, undefined)
  for (; disk.nowMs < 5000; disk.nowMs += 100) assert.equal(await guard.hasRoom(MIB), false)
  assert.equal(guard.fullForMs, 5000)
  assert.equal(disk.looks, 5)
  disk.free = 40 * MIB
  assert.equal(await guard.hasRoom(MIB), true)
  assert.equal(guard.fullForMs, undefined)
  assert.deepEqual(lines, [
    `error The disk of the state directory is full: ${33 * MIB} bytes are free, ${35 * MIB} are needed; processing stands still until there is room`,
    'info the state directory has room again; processing goes on',
  ])
})

test('room is what was missing at first, though less is asked for since', async () => {
  const disk = { nowMs: 0, free: 50 * MIB, looks: 0 }
  const { guard } = guarded(disk)
  assert.equal(await guard.hasRoom(10 * MIB), false)
  disk.nowMs = 2000
  assert.equal(await guard.hasRoom(0), false)
  disk.nowMs = 4000
  disk.free = 62 * MIB
  assert.equal(await guard.hasRoom(0), true)
})

test('a member that comes back waits until there is the reserve', async () => {
  const free = [1, 2, 33].map((mib) => mib * MIB)
  let waits = 0
  let lines = 0
  const say = (): void => undefined
  await untilRoom(
    {
      freeBytes: () => Promise.resolve(free.shift() ?? 0),
      path: '/state',
      scheduler: {
        nowMs: () => 0,
        setTimer: (_delayMs, callback) => {
          waits++
          setImmediate(callback)
          return () => undefined
        },
      },
      logger: { debug: say, info: say, warn: () => lines++, error: say },
    },
    new AbortController().signal,
  )
  assert.equal(waits, 2)
  assert.equal(lines, 1)
})
