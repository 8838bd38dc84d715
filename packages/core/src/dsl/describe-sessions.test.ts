import { serdes } from '../serde/serdes.ts'
import { session } from '../time/session-windows.ts'
import { type Build, testDescriptions } from './describe-cases.testkit.ts'
import { SESSIONS } from './describe-sessions.testkit.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import type { SessionWindowedKStream } from './session-windowed-kstream.ts'
import type { StreamsBuilder } from './streams-builder.ts'
import { untilWindowCloses } from './suppressed.ts'

const text = { key: serdes.string, value: serdes.string }
const { key, value } = text
const add = (_key: string, v: string, all: string): string => all + v
const merge = (_key: string, all: string, other: string): string => all + other
const init = (): string => ''
const last = (_before: string, v: string): string => v
const windows = session('10 ms', { grace: '5 ms' })

const grouped = (b: StreamsBuilder, topic: string): KGroupedStream<string, string> =>
  b.stream(topic, text).groupByKey()
const rekeyed = (b: StreamsBuilder, name?: string): KGroupedStream<string, string> =>
  b.stream('in', text).groupBy((_, v) => v, { ...text, ...(name === undefined ? {} : { name }) })
const sessions = (b: StreamsBuilder): SessionWindowedKStream<string, string> =>
  grouped(b, 'in').windowedBy(windows)
/** As `toStream` with a mapper in Java. */
const out = <K, V>(result: KTable<K, V>): void => {
  result
    .toStream()
    .selectKey(() => '')
    .to('out', { key, value: serdes.json<never>() })
}

const aggregations: Record<string, Build> = {
  'count by sessions': (b) => {
    out(sessions(b).count())
  },
  'count by sessions, store named': (b) => {
    out(sessions(b).count({ store: 'rows' }))
  },
  'count by sessions, named': (b) => {
    out(sessions(b).count({ name: 'counter', store: 'rows' }))
  },
  'count by sessions, serdes only': (b) => {
    out(sessions(b).count({ key, value: serdes.long }))
  },
  'reduce by sessions': (b) => {
    out(sessions(b).reduce(last))
  },
  'reduce by sessions, named': (b) => {
    out(sessions(b).reduce(last, { name: 'last', store: 'rows' }))
  },
  'reduce by sessions, serdes only': (b) => {
    out(sessions(b).reduce(last, text))
  },
  'aggregate by sessions': (b) => {
    out(sessions(b).aggregate({ init, add, merge, value }))
  },
  'aggregate by sessions, serdes only': (b) => {
    out(sessions(b).aggregate({ init, add, merge, ...text }))
  },
  'aggregate by sessions, named': (b) => {
    out(sessions(b).aggregate({ init, add, merge, value, name: 'joined', store: 'rows' }))
  },
  'count by sessions of a changed key': (b) => {
    out(rekeyed(b).windowedBy(windows).count())
  },
  'count by sessions of a changed key, store named': (b) => {
    out(rekeyed(b).windowedBy(windows).count({ store: 'rows' }))
  },
  'count by sessions of a changed key, grouping named': (b) => {
    out(rekeyed(b, 'g').windowedBy(windows).count({ store: 'rows' }))
  },
  'count by sessions on close': (b) => {
    out(grouped(b, 'in').windowedBy(windows, { emit: 'on-window-close' }).count())
  },
  'count by sessions, suppressed': (b) => {
    out(sessions(b).count().suppress(untilWindowCloses()))
  },
  'count by sessions, suppressed and named': (b) => {
    const counts = sessions(b)
      .count()
      .filter(() => true)
    out(counts.suppress(untilWindowCloses(), { name: 'final' }))
  },
  'count by sessions, joined': (b) => {
    const [x, y] = ['a', 'b'].map((topic) => grouped(b, topic).windowedBy(windows).count())
    if (x !== undefined && y !== undefined) out(x.join(y, (left, right) => left + right))
  },
}

testDescriptions('sessions', aggregations, SESSIONS)
