import { serdes } from '@millrace/core'
import {
  type OperatorUnderTest,
  type PlainRecord,
  testInRandomRuns,
} from './random-runs.testkit.ts'

/** Keeps all records of each key. */
class Model {
  readonly #size: number
  readonly #advance: number
  readonly #records = new Map<string, PlainRecord[]>()

  constructor(size: number, advance: number) {
    this.#size = size
    this.#advance = advance
  }

  next(record: PlainRecord): readonly PlainRecord[] {
    const { key, value } = record
    if (key === null || value === null) return []
    const all = [...(this.#records.get(key) ?? []), record]
    this.#records.set(key, all)
    const begin = all.length - this.#size
    if (begin < 0 || begin % this.#advance !== 0) return []
    const window = all.slice(begin)
    const timestampMs = Math.max(...window.map((one) => one.timestampMs))
    return [{ key, value: window.map((one) => one.value).join('|'), timestampMs }]
  }
}

testInRandomRuns(
  'windows of so many records have those records',
  150,
  (random): OperatorUnderTest => {
    const size = 1 + random.below(6)
    const advance = 1 + random.below(size)
    const isTumbling = random.below(3) === 0
    const model = new Model(size, isTumbling ? size : advance)
    const isReduce = random.below(2) === 0
    return {
      addTo: (stream) => {
        const windows = stream
          .groupByKey()
          .windowedByCount(isTumbling ? { size } : { size, advance })
        if (isReduce) return windows.reduce((before, value) => `${before}|${value}`)
        return windows
          .aggregate<string[]>({
            init: () => [],
            add: (_key, value, values) => [...values, value],
          })
          .mapValues((values) => values.join('|'), { value: serdes.string })
      },
      next: (record) => model.next(record),
    }
  },
)
