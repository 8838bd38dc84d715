import { hopping, serdes, tumbling, type Windowed } from '@millrace/core'
import type { SeededRandom } from './contract/seeded-random.ts'
import { TEXT } from './processor-bed.testkit.ts'
import {
  type OperatorUnderTest,
  type PlainRecord,
  testInRandomRuns,
} from './random-runs.testkit.ts'

const ROUNDS = 150

interface Span {
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
}

interface Row extends PlainRecord {
  readonly key: string
  readonly startMs: number
}

/** Every window that was ever changed, in a list: slow and obvious. */
class Windows {
  readonly #span: Span
  readonly #emitsFinal: boolean
  #rows: readonly Row[] = []
  #timeMs = -1

  constructor(span: Span, emitsFinal: boolean) {
    this.#span = span
    this.#emitsFinal = emitsFinal
  }

  next({ key, value, timestampMs }: PlainRecord): readonly PlainRecord[] {
    if (key === null) return []
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    const changes = this.#startsOf(timestampMs)
      .filter((startMs) => !this.#isClosed(startMs))
      .map((startMs) => this.#add(key, value, startMs, timestampMs))
    return this.#emitsFinal ? this.#takeClosed() : changes
  }

  #startsOf(timestampMs: number): readonly number[] {
    const { sizeMs, advanceMs } = this.#span
    const starts: number[] = []
    const last = timestampMs - (timestampMs % advanceMs)
    for (let startMs = last - sizeMs * advanceMs; startMs <= last; startMs += advanceMs) {
      if (startMs >= 0 && timestampMs < startMs + sizeMs) starts.push(startMs)
    }
    return starts
  }

  #isClosed(startMs: number): boolean {
    const { sizeMs, graceMs } = this.#span
    return startMs + sizeMs + graceMs <= this.#timeMs
  }

  #add(key: string, value: string | null, startMs: number, timestampMs: number): PlainRecord {
    const isOther = (row: Row): boolean => row.key !== key || row.startMs !== startMs
    const before = this.#rows.find((row) => !isOther(row))
    const after = add(key, value, before?.value ?? '')
    const latestMs = Math.max(timestampMs, before?.timestampMs ?? -1)
    this.#rows = this.#rows.filter(isOther)
    if (after !== null) {
      this.#rows = [...this.#rows, { key, startMs, value: after, timestampMs: latestMs }]
    }
    return { key: `${key}@${startMs}`, value: after, timestampMs: latestMs }
  }

  #takeClosed(): readonly PlainRecord[] {
    const closed = this.#rows
      .filter((row) => this.#isClosed(row.startMs))
      .sort((a, b) => a.startMs - b.startMs || (a.key < b.key ? -1 : 1))
    this.#rows = this.#rows.filter((row) => !this.#isClosed(row.startMs))
    return closed.map(({ key, startMs, value, timestampMs }) => ({
      key: `${key}@${startMs}`,
      value,
      timestampMs,
    }))
  }
}

/** Values behind each other, the last few; some delete the window. */
function add(_key: string, value: string | null, all: string): string | null {
  return value?.startsWith('l0') === true ? null : `${all}${String(value)};`.slice(-12)
}

function spanOf(random: SeededRandom): Span {
  const sizeMs = random.pick([1, 7, 10, 40])
  const advances = [1, 3, 5, sizeMs].filter((advanceMs) => advanceMs <= sizeMs)
  const advanceMs = advances[random.below(advances.length)] ?? sizeMs
  return { sizeMs, advanceMs, graceMs: random.pick([0, 3, 30, 100]) }
}

function aggregation(random: SeededRandom, emitsFinal: boolean): OperatorUnderTest {
  const span = spanOf(random)
  const model = new Windows(span, emitsFinal)
  const { sizeMs, advanceMs: advance, graceMs: grace } = span
  const windows =
    advance === sizeMs ? tumbling(sizeMs, { grace }) : hopping(sizeMs, { advance, grace })
  return {
    addTo: (stream) =>
      stream
        .groupByKey()
        .windowedBy(windows, { emit: emitsFinal ? 'on-window-close' : 'on-window-update' })
        .aggregate({
          store: 'windows',
          value: serdes.string,
          init: () => '',
          add,
          // Longer than any jump of time, so that no window is lost before it is sent.
          retention: 2_000_000,
        })
        .toStream()
        .map(
          ({ key, window }: Windowed<string>, value) => [`${key}@${window.startMs}`, value],
          TEXT,
        ),
    next: (record) => model.next(record),
  }
}

testInRandomRuns('tumbling and hopping windows are those of a list', ROUNDS, (random) =>
  aggregation(random, false),
)

testInRandomRuns('what is sent when it has closed is what a list has', ROUNDS, (random) =>
  aggregation(random, true),
)
