import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferEntries } from './buffer-entries.ts'
import { inMemory } from './memory-state-backend.ts'
import type { TaskState } from './state-backend.ts'
import { TransactionBuffer } from './transaction-buffer.ts'

const STORE = 'buffer'
const SEED_VARIABLE = 'MILLRACE_SEED'
const ROUNDS = 12
const STEPS = 5000

/** mulberry32, as the contract suites have it; core cannot import them. */
function numbersOf(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }
}

interface Row {
  readonly timeMs: number
  readonly value: string
}

/** What the buffer must hold, from the rules alone. */
class Model {
  rows = new Map<string, Row>()
  committed = new Map<string, Row>()

  get first(): string | undefined {
    let first: string | undefined
    for (const [key, { timeMs }] of this.rows) {
      const firstMs = first === undefined ? Infinity : (this.rows.get(first)?.timeMs ?? 0)
      const isBefore = timeMs === firstMs && first !== undefined && key < first
      if (timeMs < firstMs || isBefore) first = key
    }
    return first
  }
}

class Bed {
  readonly model = new Model()
  readonly entries: BufferEntries
  readonly below: (bound: number) => number
  readonly keys: number
  readonly #state: TaskState
  readonly #buffer: TransactionBuffer

  constructor(seed: number) {
    this.below = numbersOf(seed)
    const state = inMemory().open({ taskId: '0_0', stores: [STORE], directory: '' })
    if ('then' in state) throw new TypeError('memory opens at once')
    this.#state = state
    this.#buffer = new TransactionBuffer(STORE, state.entries(STORE))
    this.entries = new BufferEntries(this.#buffer)
    // Some rounds hold many entries, more than are kept in a list, others few.
    this.keys = [5, 50, 10_000][this.below(3)] ?? 5
  }

  put(): void {
    put(this.entries, this.model, this.below, this.keys)
  }

  remove(): void {
    removeFirst(this.entries, this.model)
  }

  takeBack(): void {
    this.#buffer.setSavepoint()
    const before = new Map(this.model.rows)
    for (let i = this.below(30); i > 0; i--) this.put()
    for (let i = this.below(30); i > 0; i--) this.remove()
    this.#buffer.rollbackToSavepoint()
    this.model.rows = before
  }

  commit(): void {
    void this.#state.apply([this.#buffer.batch()], new Map())
    this.#buffer.clear()
    this.model.committed = new Map(this.model.rows)
  }

  abort(): void {
    this.#buffer.clear()
    this.model.rows = new Map(this.model.committed)
  }
}

function run(seed: number): void {
  const bed = new Bed(seed)
  const { below } = bed
  // What is committed and taken back makes the list begin anew; in some rounds nothing is.
  const sides = [17, 20][below(2)] ?? 20
  const removals = [below(4), 8 + below(7)] as const
  for (let step = 0; step < STEPS; step++) {
    const dice = below(sides)
    if (dice < removals[step < STEPS / 2 ? 0 : 1]) bed.remove()
    else if (dice < 17) bed.put()
    else if (dice < 18) bed.takeBack()
    else if (dice < 19) bed.commit()
    else if (below(3) === 0) bed.abort()
    if (bed.keys < 100 || step % 20 === 0) check(bed.entries, bed.model)
  }
}

function put(
  entries: BufferEntries,
  model: Model,
  below: (bound: number) => number,
  keys: number,
): void {
  const key = String(below(keys)).padStart(4, '0')
  const value = String(below(1000))
  const found = entries.find(Buffer.from(key))
  const known = model.rows.get(key)
  assert.equal(found.timeMs, known?.timeMs ?? -1)
  assert.equal(found.value?.newValue?.toString(), known?.value)
  const timeMs = below(4) === 0 ? (known?.timeMs ?? below(3000)) : below(3000)
  const context = { timestampMs: 0, headers: [], metadata: undefined }
  const row = { context, prior: null, oldValue: null, newValue: Buffer.from(value) }
  entries.put(found, row, timeMs, 0)
  model.rows.set(key, { timeMs, value })
}

function removeFirst(entries: BufferEntries, model: Model): void {
  const first = entries.first()
  assert.equal(first === undefined ? undefined : Buffer.from(first.key).toString(), model.first)
  if (first === undefined) return
  entries.remove(first, 0)
  model.rows.delete(model.first ?? '')
}

function check(entries: BufferEntries, model: Model): void {
  assert.equal(entries.count, model.rows.size)
  const firstMs = model.rows.get(model.first ?? '')?.timeMs ?? Infinity
  assert.equal(entries.firstMs, firstMs)
  let bytes = 0
  for (const [key, { value }] of model.rows) bytes += 8 + key.length + 20 + value.length
  assert.equal(entries.bytes, bytes)
}

test('entries leave by time and then by key, whatever is committed and taken back', () => {
  const asked = process.env[SEED_VARIABLE]
  const first = asked === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(asked)
  for (let round = 0; round < ROUNDS; round++) {
    const seed = (first + round) >>> 0
    try {
      run(seed)
    } catch (error) {
      throw new Error(`repeat with ${SEED_VARIABLE}=${seed}`, { cause: error })
    }
  }
})
