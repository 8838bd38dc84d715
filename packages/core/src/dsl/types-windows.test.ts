import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Windowed } from '../record/windowed.ts'
import { serdes } from '../serde/serdes.ts'
import { session } from '../time/session-windows.ts'
import { sliding } from '../time/sliding-windows.ts'
import { hopping, tumbling } from '../time/time-windows.ts'
import { unlimited } from '../time/unlimited-windows.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'
import type { SessionWindowedKStream } from './session-windowed-kstream.ts'
import { StreamsBuilder } from './streams-builder.ts'
import { untilTimeLimit, untilWindowCloses } from './suppressed.ts'
import type { TimeWindowedKStream } from './time-windowed-kstream.ts'
import { type } from './types.testkit.ts'

interface Click {
  readonly user: string
  readonly page: number
}

const grace = { grace: '1 minute' } as const
const builder = new StreamsBuilder()
const clicks = builder.stream('clicks', { key: serdes.string, value: serdes.json<Click>() })
const grouped = clicks.groupByKey()
const byMinute = grouped.windowedBy(tumbling('1 minute', grace))
const bySession = grouped.windowedBy(session('1 minute', grace))
const counts = byMinute.count()

test('every kind of windows gives a stream by windows of its kind', () => {
  type<TimeWindowedKStream<string, Click>>()(byMinute)
  const hops = hopping('1 minute', { advance: '10 seconds', ...grace })
  type<TimeWindowedKStream<string, Click>>()(grouped.windowedBy(hops))
  type<TimeWindowedKStream<string, Click>>()(grouped.windowedBy(sliding('1 minute', grace)))
  type<TimeWindowedKStream<string, Click>>()(grouped.windowedBy(unlimited()))
  type<SessionWindowedKStream<string, Click>>()(bySession)
  // @ts-expect-error how late records may come is to be said
  assert.throws(() => grouped.windowedBy(tumbling('1 minute')))
  // @ts-expect-error windows are sent when they change or when they close
  grouped.windowedBy(tumbling('1 minute', grace), { emit: 'never' })
  // @ts-expect-error a session has no size, and no advance
  session('1 minute', { advance: '10 seconds', ...grace })
})

test('keys of windowed tables have their window, and values are inferred', () => {
  type<KTable<Windowed<string>, number>>()(counts)
  type<KTable<Windowed<string>, Click>>()(byMinute.reduce((_, click) => click))
  const pages = byMinute.aggregate({
    init: () => new Array<number>(),
    add: (key, click, all) => {
      type<string>()(key)
      type<Click>()(click)
      return [...all, click.page]
    },
    value: serdes.json<number[]>(),
  })
  type<KTable<Windowed<string>, number[]>>()(pages)
  type<KTable<Windowed<string>, number>>()(bySession.count())
  type<KTable<Windowed<string>, Click>>()(bySession.reduce((_, click) => click))
  const ends = bySession.aggregate({
    init: () => '',
    add: (_key, { user }, all) => all + user,
    merge: (key, one, other) => key + one + other,
    value: serdes.string,
  })
  type<KTable<Windowed<string>, string>>()(ends)
  const byPage = clicks.groupBy((_, { page }) => page, { key: serdes.integer })
  type<KTable<Windowed<number>, number>>()(byPage.windowedBy(unlimited()).count())
})

test('windowed keys go on through what follows', () => {
  type<KStream<Windowed<string>, number>>()(counts.toStream())
  type<KTable<Windowed<string>, number>>()(counts.suppress(untilWindowCloses()))
  type<KTable<Windowed<string>, number>>()(counts.suppress(untilTimeLimit('1 minute')))
  type<KTable<Windowed<string>, number>>()(counts.filter(({ window }) => window.startMs > 0))
  type<KTable<Windowed<string>, string>>()(counts.mapValues((n, { key }) => key.repeat(n)))
  type<KTable<Windowed<string>, number>>()(counts.join(bySession.count(), (one, two) => one + two))
  type<KStream<string, number>>()(counts.toStream().selectKey(({ key }) => key))
  counts.toStream().to('counts', { key: serdes.timeWindowed(serdes.string, '1 minute') })
  counts.toStream().to('by-start', { partitioner: ({ window }) => window.startMs % 2 })
})

test('what does not fit a windowed table does not compile', () => {
  // @ts-expect-error a count is a number
  byMinute.count({ value: serdes.string })
  // @ts-expect-error the key of the store is the one without its window
  byMinute.count({ key: serdes.timeWindowed(serdes.string, '1 minute') })
  // @ts-expect-error a reducer gives what it got
  byMinute.reduce(() => 1)
  // @ts-expect-error aggregates of sessions are merged
  bySession.aggregate({ init: () => 0, add: () => 1, value: serdes.integer })
  // @ts-expect-error time windows are never merged
  byMinute.aggregate({ init: () => 0, add: () => 1, merge: () => 1, value: serdes.integer })
  // @ts-expect-error the aggregate is a number
  byMinute.aggregate({ init: () => 0, add: () => 'x', value: serdes.integer })
  // @ts-expect-error the aggregate is a number
  byMinute.aggregate({ init: () => 0, add: () => 1, value: serdes.string })
  // @ts-expect-error the keys have windows
  counts.toStream().to('counts', { key: serdes.string })
  /* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call,
     @typescript-eslint/no-unsafe-member-access, @typescript-eslint/restrict-plus-operands
     -- what must not compile is not looked at */
  // @ts-expect-error the keys have windows
  counts.filter((key) => key.startsWith('a'))
  // @ts-expect-error keys of another type
  counts.join(grouped.count(), (one, other) => one + other)
  // @ts-expect-error keys of another type
  clicks.join(counts, (click, n) => click.page + n)
  // @ts-expect-error windows are ones of a grouping
  assert.throws(() => clicks.windowedBy(tumbling('1 minute', grace)))
})
