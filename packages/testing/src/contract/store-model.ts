import { compareBytes, prefixUpperBound } from '@millrace/core/internal'
import { hex, type StateBackendBed, STORE } from './state-backend-bed.ts'
import { SeededRandom } from './seeded-random.ts'

const BYTES = [0x00, 0x01, 0x61, 0x7f, 0x80, 0xfe, 0xff] as const
const OPERATIONS = [
  'put',
  'put',
  'put',
  'delete',
  'get',
  'range',
  'prefix',
  'commit',
  'roll back',
  'savepoint',
  'back to savepoint',
] as const

type Entries = Map<string, string>

/** Random operations on a store, and on Maps of hex text that say what it must hold. */
export class StoreModel {
  /** What was done, for the message of a failure. */
  readonly log: string[] = []
  readonly #bed: StateBackendBed
  readonly #random: SeededRandom
  #committed: Entries = new Map()
  #open: Entries = new Map()
  #savepoint: Entries | undefined

  constructor(bed: StateBackendBed, seed: number) {
    this.#bed = bed
    this.#random = new SeededRandom(seed)
  }

  async run(operations: number): Promise<void> {
    await this.#bed.state.clear(STORE)
    this.#bed.buffer.clear()
    for (let i = 0; i < operations; i++) await this.#step()
    this.#compareRange(undefined, undefined)
  }

  async #step(): Promise<void> {
    const operation = this.#random.pick(OPERATIONS)
    switch (operation) {
      case 'put':
        this.#put(this.#value())
        return
      case 'delete':
        this.#put(null)
        return
      case 'get':
        this.#get()
        return
      case 'range':
        this.#compareRange(this.#maybeKey(), this.#maybeKey())
        return
      case 'prefix': {
        const prefix = this.#key()
        this.#compareRange(prefix, prefixUpperBound(prefix))
        return
      }
      default:
        this.log.push(operation)
        await this.#transact(operation)
    }
  }

  async #transact(
    operation: 'commit' | 'roll back' | 'savepoint' | 'back to savepoint',
  ): Promise<void> {
    const { buffer } = this.#bed
    switch (operation) {
      case 'commit':
        await this.#bed.commit()
        this.#committed = new Map(this.#open)
        this.#savepoint = undefined
        return
      case 'roll back':
        buffer.clear()
        this.#open = new Map(this.#committed)
        this.#savepoint = undefined
        return
      case 'savepoint':
        buffer.setSavepoint()
        this.#savepoint = new Map(this.#open)
        return
      case 'back to savepoint':
        buffer.rollbackToSavepoint()
        this.#open = this.#savepoint ?? this.#open
        this.#savepoint = undefined
    }
  }

  #put(value: Uint8Array | null): void {
    const key = this.#key()
    this.log.push(`put ${hex(key)}=${value === null ? 'null' : hex(value)}`)
    this.#bed.buffer.put(key, value, 0)
    if (value === null) this.#open.delete(hex(key))
    else this.#open.set(hex(key), hex(value))
  }

  #get(): void {
    const key = this.#key()
    const value = this.#bed.buffer.get(key)
    const actual = value === null ? undefined : hex(value)
    this.#assertSame(`get ${hex(key)}`, String(this.#open.get(hex(key))), String(actual))
  }

  #compareRange(from: Uint8Array | undefined, to: Uint8Array | undefined): void {
    const reverse = this.#random.below(2) === 1
    const within = [...this.#open].filter(([text]) => {
      const key = Buffer.from(text, 'hex')
      return (
        (from === undefined || compareBytes(key, from) >= 0) &&
        (to === undefined || compareBytes(key, to) < 0)
      )
    })
    const expected = within.map(([key, value]) => `${key}=${value}`).sort(byHexKey)
    const actual = [...this.#bed.buffer.range({ from, to, reverse })].map(
      ([key, value]) => `${hex(key)}=${hex(value)}`,
    )
    const name = `range ${hexOr(from)} to ${hexOr(to)}${reverse ? ', reverse' : ''}`
    this.#assertSame(name, (reverse ? expected.reverse() : expected).join(), actual.join())
  }

  #assertSame(what: string, expected: string, actual: string): void {
    this.log.push(what)
    if (actual !== expected)
      throw new Error(`expected ${expected || 'nothing'}, got ${actual || 'nothing'}`)
  }

  #maybeKey(): Uint8Array | undefined {
    return this.#random.below(4) === 0 ? undefined : this.#key()
  }

  #key(): Uint8Array {
    return this.#bytes(this.#random.below(4))
  }

  #value(): Uint8Array {
    return this.#bytes(this.#random.below(3))
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.pick(BYTES))
  }
}

/** Hex keeps the order of unsigned bytes; `=` sorts behind digits, so compare the keys alone. */
function byHexKey(a: string, b: string): number {
  const keyA = a.slice(0, a.indexOf('='))
  const keyB = b.slice(0, b.indexOf('='))
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0
}

function hexOr(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'open' : hex(bytes)
}
