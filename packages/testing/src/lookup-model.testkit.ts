export interface LookupRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

/** A record of the stream, and where it is in its topic. */
export interface PlacedRecord extends LookupRecord {
  readonly offset: number
}

export interface LookupRules {
  readonly kind: 'inner' | 'left'
  /** Undefined: rows have no versions. */
  readonly historyMs: number | undefined
  /** Undefined: records do not wait. */
  readonly graceMs: number | undefined
  /** What a row shows of itself; null: it is not there. */
  readonly view: (value: string) => string | null
  /** The row that a record is joined with. */
  readonly keyOf: (record: LookupRecord) => string | null
}

interface Update {
  readonly key: string
  readonly value: string | null
  readonly timestampMs: number
}

/**
 * Joins of a stream with a table, slowly and by the words of the rules: all updates are kept, and looked through for
 * every record.
 */
export class LookupModel {
  readonly #rules: LookupRules
  /** Those that count, as they came. */
  readonly #updates: Update[] = []
  #waiting: PlacedRecord[] = []
  #tableTimeMs = -1
  #streamTimeMs = -1

  constructor(rules: LookupRules) {
    this.#rules = rules
  }

  row({ key, value, timestampMs }: LookupRecord): void {
    if (key === null) return
    const { historyMs } = this.#rules
    if (historyMs !== undefined && timestampMs < this.#tableTimeMs - historyMs) return
    this.#tableTimeMs = Math.max(this.#tableTimeMs, timestampMs)
    this.#updates.push({ key, value, timestampMs })
  }

  /** What comes of a record of the stream, in order. */
  record(record: PlacedRecord): readonly PlacedRecord[] {
    const { kind, graceMs, keyOf } = this.#rules
    if (record.value === null || (keyOf(record) === null && kind === 'inner')) return []
    if (graceMs === undefined || record.timestampMs < this.#streamTimeMs - graceMs) {
      return this.#joined(record)
    }
    this.#streamTimeMs = Math.max(this.#streamTimeMs, record.timestampMs)
    this.#waiting.push(record)
    const untilMs = this.#streamTimeMs - graceMs
    const leaving = this.#waiting.filter(({ timestampMs }) => timestampMs <= untilMs)
    this.#waiting = this.#waiting.filter(({ timestampMs }) => timestampMs > untilMs)
    return leaving.sort(byTimeAndKey).flatMap((one) => this.#joined(one))
  }

  #joined(record: PlacedRecord): readonly PlacedRecord[] {
    const { kind, keyOf, view } = this.#rules
    const key = keyOf(record)
    const found = key === null ? null : this.#rowAt(key, record.timestampMs)
    const row = found === null ? null : view(found)
    if (row === null && kind === 'inner') return []
    return [{ ...record, value: `${record.value}+${row}` }]
  }

  #rowAt(key: string, atMs: number): string | null {
    const updates = this.#updates.filter((update) => update.key === key)
    const { historyMs } = this.#rules
    if (historyMs === undefined) return updates.at(-1)?.value ?? null
    // A sort keeps the order of what came at the same time.
    const versions = updates.sort((a, b) => a.timestampMs - b.timestampMs)
    const version = versions.findLast(({ timestampMs }) => timestampMs <= atMs)
    if (version === undefined) return null
    const isLatest = version === versions.at(-1)
    return isLatest || atMs >= this.#tableTimeMs - historyMs ? version.value : null
  }
}

/** Keys of the tests have no letters whose bytes are in another order than their units. */
function byTimeAndKey(a: PlacedRecord, b: PlacedRecord): number {
  if (a.timestampMs !== b.timestampMs) return a.timestampMs - b.timestampMs
  const [one, other] = [a.key ?? '', b.key ?? '']
  return one < other ? -1 : one > other ? 1 : 0
}
