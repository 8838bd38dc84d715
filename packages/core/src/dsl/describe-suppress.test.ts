import { serdes } from '../serde/serdes.ts'
import { type Build, testDescriptions } from './describe-cases.testkit.ts'
import { SUPPRESS } from './describe-suppress.testkit.ts'
import type { KTable } from './ktable.ts'
import type { StreamsBuilder } from './streams-builder.ts'
import { untilTimeLimit } from './suppressed.ts'

const text = { key: serdes.string, value: serdes.string }
const { value } = text
const yes = (): boolean => true
const keep = (v: string): string => v
const swap = (k: string, v: string): [string, string] => [v, k]
const join = (left: string, right: string): string => left + right
const limit = untilTimeLimit('10 ms')

const table = (b: StreamsBuilder, topic: string): KTable<string, string> => b.table(topic, text)
const anything = { key: serdes.json<never>(), value: serdes.json<never>() }
const out = <K, V>(result: KTable<K, V>): void => {
  result.toStream().to('out', anything)
}

const suppress: Record<string, Build> = {
  suppress: (b) => {
    out(table(b, 'in').suppress(limit))
  },
  'suppress, named': (b) => {
    out(table(b, 'in').suppress(limit, { name: 'held' }))
  },
  'suppress of a view': (b) => {
    out(table(b, 'in').filter(yes).mapValues(keep, text).suppress(limit))
  },
  'suppress, then a view and a stored one': (b) => {
    const rows = { store: 'rows', value }
    out(table(b, 'in').suppress(limit).filter(yes).mapValues(keep, rows))
  },
  'suppress twice': (b) => {
    out(table(b, 'in').suppress(limit).suppress(limit))
  },
  'suppress of a count': (b) => {
    out(b.stream('in', text).groupByKey().count().suppress(limit))
  },
  'suppress, grouped': (b) => {
    out(table(b, 'in').suppress(limit).groupBy(swap, text).count())
  },
  'suppress, joined': (b) => {
    const left = table(b, 'a').suppress(limit)
    out(left.join(table(b, 'b').suppress(limit, { name: 'held' }), join))
  },
  'suppress of a view, joined with a stream': (b) => {
    const stream = b.stream('a', text)
    stream.join(table(b, 'b').mapValues(keep, text).suppress(limit), join).to('out', text)
  },
}

testDescriptions('suppress', suppress, SUPPRESS)
