import {
  type OperatorUnderTest,
  type PlainRecord,
  testInRandomRuns,
} from './random-runs.testkit.ts'

/** What makes the values of these tests the same: `l3:17` and `l3:21` are, and values with 0 are nothing. */
function idOf(value: string | null): string | null {
  const id = value?.split(':')[0] ?? ''
  return id.endsWith('0') || id === '' ? null : id
}

/** Looks at all that has ever passed. */
class Model {
  readonly #withinMs: number
  readonly #graceMs: number
  readonly #passed: PlainRecord[] = []
  #timeMs = -1

  constructor(withinMs: number, graceMs: number) {
    this.#withinMs = withinMs
    this.#graceMs = graceMs
  }

  next(record: PlainRecord): readonly PlainRecord[] {
    const { key, value, timestampMs } = record
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    if (key === null || timestampMs < this.#timeMs - this.#graceMs) return []
    const id = idOf(value)
    if (id === null) return [record]
    const isDuplicate = this.#passed.some(
      (one) =>
        one.key === key &&
        idOf(one.value) === id &&
        Math.abs(one.timestampMs - timestampMs) <= this.#withinMs,
    )
    if (isDuplicate) return []
    this.#passed.push(record)
    return [record]
  }
}

testInRandomRuns('dedup lets pass what has not passed', 150, (random): OperatorUnderTest => {
  const withinMs = random.pick([0, 5, 20, 70_000])
  const graceMs = random.pick([0, 10, 100, 70_000])
  const model = new Model(withinMs, graceMs)
  const changelogCleanup = random.pick(['delete', 'compact'] as const)
  return {
    addTo: (stream) =>
      stream.dedup({ id: idOf, within: withinMs, grace: graceMs, changelogCleanup }),
    next: (record) => model.next(record),
  }
})
