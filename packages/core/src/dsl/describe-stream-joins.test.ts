import { serdes } from '../serde/serdes.ts'
import { joinWindows } from '../time/join-windows.ts'
import { type Build, testDescriptions } from './describe-cases.testkit.ts'
import { STREAM_JOINS } from './describe-stream-joins.testkit.ts'
import { REKEYED_STREAM_JOINS } from './describe-stream-joins-rekeyed.testkit.ts'
import type { KStream } from './kstream.ts'
import type { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const both = (left: string | null, right: string | null): string => `${left}${right}`
const within = joinWindows(10, { grace: 5 })
const options = { within, value: serdes.string }
const eachStore = { ...options, store: { this: 'lefts', other: 'rights' } }
const read = (builder: StreamsBuilder, topic: string): KStream<string, string> =>
  builder.stream(topic, text)

const joins: Record<string, Build> = {
  'stream-stream join': (b) => {
    read(b, 'left').join(read(b, 'right'), both, options).to('out')
  },
  'stream-stream join, named': (b) => {
    read(b, 'left')
      .join(read(b, 'right'), both, { ...options, name: 'pairs' })
      .to('out')
  },
  'stream-stream join, stores named': (b) => {
    read(b, 'left')
      .join(read(b, 'right'), both, { ...options, store: 'waiting' })
      .to('out')
  },
  'stream-stream join, each store named': (b) => {
    read(b, 'left').join(read(b, 'right'), both, eachStore).to('out')
  },
  'stream-stream left join': (b) => {
    read(b, 'left').leftJoin(read(b, 'right'), both, options).to('out')
  },
  'stream-stream left join, named': (b) => {
    read(b, 'left')
      .leftJoin(read(b, 'right'), both, { ...options, name: 'pairs' })
      .to('out')
  },
  'stream-stream left join, stores named': (b) => {
    read(b, 'left')
      .leftJoin(read(b, 'right'), both, { ...options, store: 'waiting' })
      .to('out')
  },
  'stream-stream left join, each store named': (b) => {
    read(b, 'left').leftJoin(read(b, 'right'), both, eachStore).to('out')
  },
  'stream-stream outer join': (b) => {
    read(b, 'left').outerJoin(read(b, 'right'), both, options).to('out')
  },
  'stream-stream outer join, all named': (b) => {
    read(b, 'left')
      .outerJoin(read(b, 'right'), both, { ...options, name: 'pairs', store: 'waiting' })
      .to('out')
  },
  'stream-stream outer join, each store named': (b) => {
    read(b, 'left').outerJoin(read(b, 'right'), both, eachStore).to('out')
  },
}

const byValue = (_key: string, value: string): string => value
const swap = (key: string, value: string): [string, string] => [value, key]

const rekeyed: Record<string, Build> = {
  'join of rekeyed streams': (b) => {
    const left = read(b, 'left').selectKey(byValue, text)
    left.join(read(b, 'right').map(swap, text), both, options).to('out')
  },
  'join of rekeyed streams, named': (b) => {
    const left = read(b, 'left').selectKey(byValue, text)
    const named = { ...options, name: 'pairs' }
    left.leftJoin(read(b, 'right').map(swap, text), both, named).to('out')
  },
  'joins of a rekeyed stream share its repartition': (b) => {
    const left = read(b, 'left').selectKey(byValue, text)
    const right = read(b, 'right')
    left.join(right, both, options).to('out')
    left.outerJoin(right, both, options).to('out2')
    left.leftJoin(right, both, { ...options, name: 'own' }).to('out3')
    right.join(left, both, options).to('out4')
  },
  'join of three streams': (b) => {
    const first = read(b, 'a').join(read(b, 'b'), both, options)
    first.leftJoin(read(b, 'c'), both, options).to('out')
  },
  'join of three streams, with a new key between': (b) => {
    read(b, 'a')
      .join(read(b, 'b'), both, options)
      .selectKey(byValue, text)
      .outerJoin(read(b, 'c'), both, { ...options, name: 'second', store: 's' })
      .groupByKey()
      .count({ store: 'n' })
      .toStream()
      .to('out')
  },
  'self-join': (b) => {
    const stream = read(b, 'in')
    stream.join(stream, both, options).to('out')
  },
  'self-join of two streams of one topic': (b) => {
    read(b, 'in').join(read(b, 'in'), both, options).to('out')
  },
  'self-join of a rekeyed stream': (b) => {
    const stream = read(b, 'in').selectKey(byValue, text)
    stream.leftJoin(stream, both, options).to('out')
  },
  'self-join behind filters': (b) => {
    const stream = read(b, 'in')
    stream
      .filter(() => true)
      .join(
        stream.mapValues((value) => value, text),
        both,
        options,
      )
      .to('out')
  },
}

testDescriptions('joins of two streams', joins, STREAM_JOINS)
testDescriptions(
  'joins of streams with other keys, and of one stream',
  rekeyed,
  REKEYED_STREAM_JOINS,
)
