import { serdes } from '../serde/serdes.ts'
import { session } from '../time/session-windows.ts'
import { sliding } from '../time/sliding-windows.ts'
import { tumbling } from '../time/time-windows.ts'
import type { CogroupedKStream } from './cogrouped-kstream.ts'
import { type Build, testDescriptions } from './describe-cases.testkit.ts'
import { COGROUP } from './describe-cogroup.testkit.ts'
import { WINDOWED_COGROUP } from './describe-windowed-cogroup.testkit.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import type { StreamsBuilder } from './streams-builder.ts'
import { untilWindowCloses } from './suppressed.ts'

type Grouped = KGroupedStream<string, string>

const text = { key: serdes.string, value: serdes.string }
const { value } = text
const add = (_key: string, v: string, all: string): string => all + v
const merge = (_key: string, all: string, other: string): string => all + other
const init = (): string => ''
const anything = { key: serdes.json<never>(), value: serdes.json<never>() }
const windows = {
  tumbling: tumbling('10 ms', { grace: '5 ms' }),
  sliding: sliding('10 ms', { grace: '5 ms' }),
  session: session('10 ms', { grace: '5 ms' }),
}

const grouped = (b: StreamsBuilder, topic: string): Grouped => b.stream(topic, text).groupByKey()
const rekeyed = (b: StreamsBuilder, topic: string, name?: string): Grouped =>
  b.stream(topic, text).groupBy((_, v) => v, { ...text, ...(name === undefined ? {} : { name }) })
const two = (b: StreamsBuilder): CogroupedKStream<string, string> =>
  grouped(b, 'a').cogroup(add).cogroup(grouped(b, 'b'), add)
const out = <K, V>(result: KTable<K, V>, topic = 'out'): void => {
  result.toStream().to(topic, anything)
}
/** As `toStream` with a mapper in Java, which gives a stream of its own. */
const outByText = <K, V>(result: KTable<K, V>): void => {
  result
    .toStream()
    .selectKey(() => '')
    .to('out', { key: serdes.string, value: serdes.json<never>() })
}

const cogroup: Record<string, Build> = {
  cogroup: (b) => {
    out(two(b).aggregate({ init, value }))
  },
  'cogroup of one stream': (b) => {
    out(grouped(b, 'a').cogroup(add).aggregate({ init, value }))
  },
  'cogroup, store named': (b) => {
    out(two(b).aggregate({ init, value, store: 'rows' }))
  },
  'cogroup, named': (b) => {
    out(two(b).aggregate({ init, value, name: 'all', store: 'rows' }))
  },
  'cogroup, serdes only': (b) => {
    out(two(b).aggregate({ init, ...text }))
  },
  'cogroup of a changed key': (b) => {
    const both = grouped(b, 'a').cogroup(add).cogroup(rekeyed(b, 'b'), add)
    out(both.aggregate({ init, value, store: 'rows' }))
  },
  'cogroup of a changed key, unnamed': (b) => {
    const both = rekeyed(b, 'a').cogroup(add).cogroup(grouped(b, 'b'), add)
    out(both.aggregate({ init, value }))
  },
  'cogroup of changed keys, groupings named': (b) => {
    const both = rekeyed(b, 'a', 'ga')
      .cogroup(add)
      .cogroup(rekeyed(b, 'b', 'gb'), add)
    out(both.aggregate({ init, value, store: 'rows' }))
  },
  'cogroup aggregated twice': (b) => {
    const both = grouped(b, 'a')
      .cogroup(add)
      .cogroup(rekeyed(b, 'b', 'gb'), add)
    out(both.aggregate({ init, value, store: 'rows' }))
    out(both.aggregate({ init, value, store: 'more' }), 'more')
  },
  'cogroup of one stream twice': (b) => {
    const stream = b.stream('a', text)
    const both = stream.groupByKey().cogroup(add).cogroup(stream.groupByKey(), add)
    out(both.aggregate({ init, value }))
  },
  'cogroup of one grouping twice': (b) => {
    const once = grouped(b, 'a')
    out(once.cogroup(add).cogroup(once, add).aggregate({ init, value }))
  },
  'cogroup, joined': (b) => {
    const rows = two(b)
      .aggregate({ init, value })
      .filter(() => true)
    out(rows.join(b.table('c', text), (left, right) => left + right))
  },
}

const windowed: Record<string, Build> = {
  'cogroup by time windows': (b) => {
    outByText(two(b).windowedBy(windows.tumbling).aggregate({ init, value }))
  },
  'cogroup by time windows, named': (b) => {
    const options = { init, value, name: 'all', store: 'rows' }
    outByText(two(b).windowedBy(windows.tumbling).aggregate(options))
  },
  'cogroup by sliding windows': (b) => {
    outByText(two(b).windowedBy(windows.sliding).aggregate({ init, value }))
  },
  'cogroup by sessions': (b) => {
    outByText(two(b).windowedBy(windows.session).aggregate({ init, merge, value }))
  },
  'cogroup by sessions, named, of a changed key': (b) => {
    const both = grouped(b, 'a').cogroup(add).cogroup(rekeyed(b, 'b'), add)
    const options = { init, merge, value, name: 'all', store: 'rows' }
    outByText(both.windowedBy(windows.session).aggregate(options))
  },
  'cogroup by sessions, suppressed': (b) => {
    const sessions = two(b).windowedBy(windows.session).aggregate({ init, merge, value })
    outByText(sessions.suppress(untilWindowCloses()))
  },
}

testDescriptions('cogroup', cogroup, COGROUP)
testDescriptions('cogroup by windows', windowed, WINDOWED_COGROUP)
