/**
 * Prints what reads and writes cost, and how much memory the process takes, for 1,000,000 entries in
 * four tasks: node --conditions=@millrace/source packages/state-rocksdb/src/measure.testkit.ts [MiB]
 * With --expose-gc memory is what is in use, not what the collector has left.
 */
import { bytesToMapKey, type TaskState } from '@millrace/core/internal'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { rocksdb } from './rocksdb.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

const MIB = 1024 * 1024
const TASKS = 4
const ENTRIES = 1_000_000
const PER_TASK = ENTRIES / TASKS
const BATCH = 1000
const VALUE_BYTES = 100
const STORE = 'store'
const EVERYTHING = { from: undefined, to: undefined, reverse: false }

const memoryBytes = Number(process.argv[2] ?? 256) * MIB

/** Spread over the key space, as hashes and UUIDs are. */
function keyOf(i: number): Buffer {
  return Buffer.from(((i * 2_654_435_761) % 4_294_967_296).toString(16).padStart(16, '0'))
}

function write(i: number): { key: Buffer; mapKey: string; value: Buffer } {
  const key = keyOf(i)
  return { key, mapKey: bytesToMapKey(key), value: Buffer.alloc(VALUE_BYTES, i) }
}

function report(what: string, count: number, startMs: number): void {
  const us = ((performance.now() - startMs) / count) * 1000
  console.log(`${what.padEnd(46)} ${us.toFixed(2)} µs`)
}

/** Resident, and how much of it V8 knows of: its heap, and Buffers that wait for its collector. */
async function reportMemory(when: string): Promise<void> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    // What native objects hold is freed between two turns of the loop.
    await setImmediate()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  const inMiB = (bytes: number): string => (bytes / MIB).toFixed(0)
  console.log(
    `${when}: resident ${inMiB(rss)} MiB, most ${peakMiB()} MiB; heap ${inMiB(heapUsed)} MiB, buffers ${inMiB(external)} MiB`,
  )
}

/** The most that the process had, as Linux counts it. */
function peakMiB(): string {
  const [, kib = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return (Number(kib) / 1024).toFixed(0)
}

function each(
  tasks: readonly TaskState[],
  count: number,
  act: (i: number, task: TaskState) => void,
) {
  for (let i = 0; i < count; i++) {
    const task = tasks[i % tasks.length]
    if (task !== undefined) act(i, task)
  }
}

async function fill(tasks: readonly TaskState[]): Promise<void> {
  let longestMs = 0
  const start = performance.now()
  for (let first = 0; first < PER_TASK; first += BATCH) {
    for (const task of tasks) {
      const writes = Array.from({ length: BATCH }, (_, i) => write(first + i))
      const before = performance.now()
      await task.apply([{ store: STORE, writes }], new Map())
      longestMs = Math.max(longestMs, performance.now() - before)
    }
  }
  report(`write, ${BATCH} a step`, ENTRIES, start)
  console.log(`${'longest step'.padEnd(46)} ${longestMs.toFixed(1)} ms`)
}

function readAll(tasks: readonly TaskState[]): void {
  let start = performance.now()
  each(tasks, 400_000, (i, task) => {
    const key = keyOf((i * 7919) % PER_TASK)
    task.entries(STORE).get(key, bytesToMapKey(key))
  })
  report('get, all over the store', 400_000, start)

  start = performance.now()
  each(tasks, 400_000, (i, task) => {
    const key = keyOf(i % 1000)
    task.entries(STORE).get(key, bytesToMapKey(key))
  })
  report('get, of 1,000 keys', 400_000, start)

  start = performance.now()
  each(tasks, 100_000, (i, task) => {
    const mapKey = `absent ${i}`
    task.entries(STORE).get(Buffer.from(mapKey), mapKey)
  })
  report('get, of a key that is not there', 100_000, start)

  start = performance.now()
  each(tasks, 20_000, (i, task) => {
    const from = keyOf((i * 7919) % PER_TASK)
    let left = 10
    for (const [key] of task.entries(STORE).range({ ...EVERYTHING, from })) {
      if (--left === 0 || key.length === 0) break
    }
  })
  report('range of 10 rows, left before its end', 20_000, start)

  start = performance.now()
  each(tasks, 20_000, (i, task) => {
    const from = keyOf((i * 7919) % PER_TASK)
    const to = Buffer.concat([from, Buffer.from([0])])
    for (const row of task.entries(STORE).range({ from, to, reverse: false })) row.at(0)
  })
  report('range of 1 row', 20_000, start)

  start = performance.now()
  for (const task of tasks) for (const row of task.entries(STORE).range(EVERYTHING)) row.at(0)
  report('scan of a store, a row', ENTRIES, start)
}

const { path, remove } = await temporaryDirectory()
const backend = rocksdb({ memoryBytes })
console.log(`budget ${memoryBytes / MIB} MiB`)
await reportMemory('before')
const tasks: TaskState[] = []
for (let i = 0; i < TASKS; i++) {
  const directory = join(path, String(i))
  tasks.push(await backend.open({ taskId: `0_${i}`, stores: [STORE], directory }))
}
await fill(tasks)
await reportMemory('after writes')
readAll(tasks)
await reportMemory('after reads')
for (const task of tasks) await task.close()
await remove()
