import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sliding } from '../../time/sliding-windows.ts'
import { WindowBed } from './windows.testkit.ts'

const CASES = 1500
const RECORDS = 25

/** mulberry32 */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }
}

/**
 * The windows of some records of one key, by definition: one ends with each record, one begins right behind each that others
 * follow, and what would start before 0 is the window from 0 on. A window is `start count @last`.
 */
function windowsOf(times: readonly number[], differenceMs: number): ReadonlySet<string> {
  const starts = times.flatMap((at) => [Math.max(0, at - differenceMs), at + 1])
  const windows = starts.map((startMs) => {
    const within = times.filter((at) => at >= startMs && at <= startMs + differenceMs)
    return within.length === 0 ? '' : `${startMs} ${within.length} @${Math.max(...within)}`
  })
  return new Set(windows.filter((window) => window !== ''))
}

/** Counts, as texts. */
const count = (_key: unknown, _value: unknown, before: string): string => String(Number(before) + 1)

/** A change as a window of {@link windowsOf}. */
const window = (change: string): string => change.replace(/^.*@(\d+)\/\d+ (\d+) /, '$1 $2 ')

async function run(seed: number, emitsFinal: boolean): Promise<void> {
  const random = randomFrom(seed)
  const differenceMs = 1 + random(10)
  const bed = new WindowBed({
    windows: sliding(differenceMs, { grace: 1000 }),
    emitsFinal,
    retention: 1_000_000,
    add: count,
  })
  const times: number[] = []
  const base = random(2) * 100
  let before: ReadonlySet<string> = new Set()
  for (let i = 0; i < RECORDS; i++) {
    times.push(base + random(60))
    const changes = await bed.add('k', '', times.at(-1) ?? 0)
    const after = windowsOf(times, differenceMs)
    if (!emitsFinal) {
      // Each window that has become another one, in whatever order.
      const changed = [...after].filter((one) => !before.has(one))
      assert.deepEqual(new Set(changes.map(window)), new Set(changed))
    }
    before = after
  }
  const rows = bed.rows().map((row) => row.replace('k@', ''))
  assert.deepEqual(new Set(rows), before)
  if (!emitsFinal) return
  // Another key takes event time far enough for all of them to close, and each comes once.
  const closed = await bed.add('other', '', 5000)
  const sent = closed.map(window)
  const byStart = [...before].sort((a, b) => Number.parseInt(a) - Number.parseInt(b))
  assert.deepEqual(sent, byStart)
}

for (const [title, emitsFinal] of [
  ['a record changes the sliding windows that it is in, and no others', false],
  ['each sliding window is sent once, when it has closed', true],
] as const) {
  test(title, async () => {
    const asked = process.env['MILLRACE_SEED']
    const first = asked === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(asked)
    for (let i = 0; i < (asked === undefined ? CASES : 1); i++) {
      const seed = (first + i) >>> 0
      try {
        await run(seed, emitsFinal)
      } catch (error) {
        throw new Error(`repeat with MILLRACE_SEED=${seed}`, { cause: error })
      }
    }
  })
}
