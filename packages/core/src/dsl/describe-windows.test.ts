import { serdes } from '../serde/serdes.ts'
import { sliding } from '../time/sliding-windows.ts'
import { hopping, tumbling } from '../time/time-windows.ts'
import { unlimited } from '../time/unlimited-windows.ts'
import type { Windowed } from '../record/windowed.ts'
import { type Build, testDescriptions } from './describe-cases.testkit.ts'
import { WINDOWS_REKEYED } from './describe-windows-rekeyed.testkit.ts'
import { WINDOWS } from './describe-windows.testkit.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import type { StreamsBuilder } from './streams-builder.ts'
import { untilWindowCloses } from './suppressed.ts'

const text = { key: serdes.string, value: serdes.string }
const { key, value } = text
const counts = { key, value: serdes.long }
const aggregation = {
  init: () => '',
  add: (_key: string, v: string, all: string) => all + v,
  value,
}
const last = (_before: string, v: string): string => v
const rows = { store: 'rows' }
const onClose = { emit: 'on-window-close' } as const
const grace = { grace: '5 ms' } as const
const windows = {
  tumbling: tumbling('10 ms', grace),
  hopping: hopping('10 ms', { advance: '5 ms', ...grace }),
  sliding: sliding('10 ms', grace),
  unlimited: unlimited(),
}

const grouped = (b: StreamsBuilder, topic = 'in'): KGroupedStream<string, string> =>
  b.stream(topic, text).groupByKey()
const rekeyed = (b: StreamsBuilder, name?: string): KGroupedStream<string, string> =>
  b.stream('in', text).groupBy((_, v) => v, { ...text, ...(name === undefined ? {} : { name }) })
const out = <K, V>(result: KTable<Windowed<K>, V>): void => {
  result.toStream().to('out')
}

const fixed: Record<string, Build> = {
  'count by tumbling windows': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).count())
  },
  'count by tumbling windows, store named': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).count(rows))
  },
  'count by tumbling windows, named': (b) => {
    out(
      grouped(b)
        .windowedBy(windows.tumbling)
        .count({ name: 'counter', ...rows }),
    )
  },
  'count by tumbling windows, named, store unnamed': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).count({ name: 'counter' }))
  },
  'count by tumbling windows, serdes only': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).count(counts))
  },
  'reduce by tumbling windows': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).reduce(last))
  },
  'reduce by tumbling windows, named': (b) => {
    out(
      grouped(b)
        .windowedBy(windows.tumbling)
        .reduce(last, { name: 'last', ...rows }),
    )
  },
  'reduce by tumbling windows, serdes only': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).reduce(last, text))
  },
  'aggregate by tumbling windows': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).aggregate(aggregation))
  },
  'aggregate by tumbling windows, named': (b) => {
    const options = { ...aggregation, name: 'joined', ...rows }
    out(grouped(b).windowedBy(windows.tumbling).aggregate(options))
  },
  'aggregate by tumbling windows, serdes only': (b) => {
    out(
      grouped(b)
        .windowedBy(windows.tumbling)
        .aggregate({ ...aggregation, key }),
    )
  },
  'count by hopping windows': (b) => {
    out(grouped(b).windowedBy(windows.hopping).count())
  },
  'reduce by hopping windows, store named': (b) => {
    out(grouped(b).windowedBy(windows.hopping).reduce(last, rows))
  },
}

const others: Record<string, Build> = {
  'count by sliding windows': (b) => {
    out(grouped(b).windowedBy(windows.sliding).count())
  },
  'count by sliding windows, serdes only': (b) => {
    out(grouped(b).windowedBy(windows.sliding).count(counts))
  },
  'count by sliding windows, named': (b) => {
    out(
      grouped(b)
        .windowedBy(windows.sliding)
        .count({ name: 'counter', ...rows }),
    )
  },
  'reduce by sliding windows': (b) => {
    out(grouped(b).windowedBy(windows.sliding).reduce(last))
  },
  'reduce by sliding windows, serdes only': (b) => {
    out(grouped(b).windowedBy(windows.sliding).reduce(last, text))
  },
  'aggregate by sliding windows': (b) => {
    out(grouped(b).windowedBy(windows.sliding).aggregate(aggregation))
  },
  'aggregate by sliding windows, named': (b) => {
    const options = { ...aggregation, name: 'joined', ...rows }
    out(grouped(b).windowedBy(windows.sliding).aggregate(options))
  },
  'count by unlimited windows': (b) => {
    out(grouped(b).windowedBy(windows.unlimited).count())
  },
  'count by unlimited windows, serdes only': (b) => {
    out(grouped(b).windowedBy(windows.unlimited).count(counts))
  },
  'aggregate by unlimited windows, named': (b) => {
    const options = { ...aggregation, name: 'joined', ...rows }
    out(grouped(b).windowedBy(windows.unlimited).aggregate(options))
  },
}

const rekeyedAndMore: Record<string, Build> = {
  'count by windows of a changed key': (b) => {
    out(rekeyed(b).windowedBy(windows.tumbling).count())
  },
  'count by windows of a changed key, serdes only': (b) => {
    out(rekeyed(b).windowedBy(windows.tumbling).count(counts))
  },
  'count by windows of a changed key, store named': (b) => {
    out(rekeyed(b).windowedBy(windows.tumbling).count(rows))
  },
  'count by windows of a changed key, grouping named': (b) => {
    out(rekeyed(b, 'g').windowedBy(windows.hopping).count(rows))
  },
  'reduce by sliding windows of a changed key': (b) => {
    out(rekeyed(b).windowedBy(windows.sliding).reduce(last))
  },
  'two windows of one grouping with a name': (b) => {
    const grouping = rekeyed(b, 'g')
    out(grouping.windowedBy(windows.tumbling).count())
    out(grouping.windowedBy(windows.sliding).count())
  },
  'count by windows on close': (b) => {
    out(grouped(b).windowedBy(windows.tumbling, onClose).count())
  },
  'count by windows on close, serdes only': (b) => {
    out(grouped(b).windowedBy(windows.hopping, onClose).count(counts))
  },
  'reduce by sliding windows on close, named': (b) => {
    const options = { name: 'last', ...rows }
    out(grouped(b).windowedBy(windows.sliding, onClose).reduce(last, options))
  },
  'count by windows, key mapped': (b) => {
    const counted = grouped(b).windowedBy(windows.tumbling).count().toStream()
    counted.selectKey(() => '').to('out', { key })
  },
  'count by windows, suppressed': (b) => {
    out(grouped(b).windowedBy(windows.tumbling).count().suppress(untilWindowCloses()))
  },
  'count by windows, filtered, suppressed and named': (b) => {
    const counted = grouped(b).windowedBy(windows.sliding).count()
    out(counted.filter(() => true).suppress(untilWindowCloses(), { name: 'final' }))
  },
  'count by windows, joined': (b) => {
    const left = grouped(b, 'a').windowedBy(windows.tumbling).count()
    const right = grouped(b, 'b').windowedBy(windows.tumbling).count()
    const sums = left.join(right, (one, other) => one + other)
    sums.toStream().to('out', { value: serdes.long })
  },
  'count by windows, regrouped': (b) => {
    const counted = grouped(b).windowedBy(windows.tumbling).count(counts)
    const regrouped = counted.groupBy((windowed, count) => [windowed.key, count], counts)
    const sums = regrouped.reduce({
      adder: (sum, count) => sum + count,
      subtractor: (sum, count) => sum - count,
    })
    sums.toStream().to('out')
  },
  'count by windows, repartitioned': (b) => {
    const counted = grouped(b).windowedBy(windows.tumbling).count(counts)
    const again = { key: serdes.timeWindowed(key, '10 ms'), value: serdes.long }
    counted
      .toStream()
      .selectKey((windowed) => windowed)
      .repartition(again)
      .to('out')
  },
}

testDescriptions('windows', { ...fixed, ...others }, WINDOWS)
testDescriptions('windows, rekeyed and more', rekeyedAndMore, WINDOWS_REKEYED)
