import { type Aggregator, aggregators, type Reducer, reducers } from './aggregators.ts'
import { Fields, ScenarioError } from './fields.ts'
import {
  type Joiner,
  joiners,
  type Mapper,
  mappers,
  type Predicate,
  predicates,
} from './mappers.ts'
import { type NamedFunctions, namedFunction } from './named.ts'
import type { Materialized, ScenarioNode, SerdeName, WindowSpec } from './scenario-node.ts'

type Parser = (fields: Fields) => ScenarioNode

const SERDES: readonly SerdeName[] = ['string', 'long', 'integer']
const INNER_LEFT = ['inner', 'left'] as const
const INNER_LEFT_OUTER = ['inner', 'left', 'outer'] as const
const PROCESSORS = [
  'punctuate-stream',
  'punctuate-wall',
  'dedup',
  'previous',
  'as-of',
  'stream-time',
  'twice',
  'add-header',
] as const

const PARSERS: Readonly<Record<ScenarioNode['op'], Parser>> = {
  stream: (f) => ({
    ...named(f, 'stream'),
    ...topicOf(f),
    timestampField: f.optionalInteger('timestampField'),
  }),
  table: (f) => ({ ...named(f, 'table'), ...topicOf(f), ...materialized(f) }),
  globalTable: (f) => ({ ...named(f, 'globalTable'), ...topicOf(f) }),
  filter: (f) => ({
    ...from(f, 'filter'),
    predicate: predicate(f, 'predicate'),
    ...materialized(f),
  }),
  filterNot: (f) => ({
    ...from(f, 'filterNot'),
    predicate: predicate(f, 'predicate'),
    ...materialized(f),
  }),
  mapValues: (f) => ({ ...from(f, 'mapValues'), value: mapper(f, 'value'), ...materialized(f) }),
  map: (f) => ({ ...from(f, 'map'), key: mapper(f, 'key'), value: mapper(f, 'value') }),
  selectKey: (f) => ({ ...from(f, 'selectKey'), key: mapper(f, 'key') }),
  flatMapValues: (f) => ({ ...from(f, 'flatMapValues'), split: f.string('split') }),
  flatMap: (f) => ({
    ...from(f, 'flatMap'),
    split: f.string('split'),
    key: mapper(f, 'key'),
    value: mapper(f, 'value'),
  }),
  merge: (f) => ({ ...named(f, 'merge'), from: f.strings('from') }),
  split: (f) => ({
    ...from(f, 'split'),
    branches: f.list('branches', (value, where) => {
      const branch = new Fields(value, where)
      const parsed = { id: branch.string('id'), when: predicate(branch, 'when') }
      branch.end()
      return parsed
    }),
    defaultId: f.optionalString('default'),
  }),
  repartition: (f) => from(f, 'repartition'),
  toTable: (f) => ({ ...from(f, 'toTable'), ...materialized(f) }),
  toStream: (f) => from(f, 'toStream'),
  groupByKey: (f) => from(f, 'groupByKey'),
  groupBy: (f) => ({
    ...from(f, 'groupBy'),
    key: mapper(f, 'key'),
    value: f.has('value') ? mapper(f, 'value') : undefined,
  }),
  cogroup: (f) => ({
    ...named(f, 'cogroup'),
    from: f.strings('from'),
    aggregators: f
      .strings('aggregators')
      .map((name, i) => namedFunction(aggregators, name, `${f.where}.aggregators[${i}]`)),
  }),
  windowedBy: (f) => ({
    ...from(f, 'windowedBy'),
    window: windowOf(f.object('window')),
    emit: f.has('emit') ? f.oneOf('emit', ['onWindowUpdate', 'onWindowClose']) : 'onWindowUpdate',
  }),
  count: (f) => ({ ...from(f, 'count'), ...materialized(f) }),
  reduce: (f) => ({
    ...from(f, 'reduce'),
    reducer: optional(f, 'reducer', reducer),
    adder: optional(f, 'adder', reducer),
    subtractor: optional(f, 'subtractor', reducer),
    ...materialized(f),
  }),
  aggregate: (f) => ({
    ...from(f, 'aggregate'),
    init: f.optionalString('init') ?? '',
    aggregator: optional(f, 'aggregator', aggregator),
    adder: optional(f, 'adder', aggregator),
    subtractor: optional(f, 'subtractor', aggregator),
    ...materialized(f),
  }),
  suppress: (f) => ({
    ...from(f, 'suppress'),
    until: f.oneOf('until', ['windowCloses', 'timeLimit']),
    limitMs: f.optionalInteger('limit'),
    ...bufferOf(f),
  }),
  joinStreams: (f) => ({
    ...from(f, 'joinStreams'),
    ...join(f),
    type: joinType(f, INNER_LEFT_OUTER),
    beforeMs: f.integer('before'),
    afterMs: f.integer('after'),
    graceMs: f.optionalInteger('grace'),
  }),
  joinTable: (f) => ({
    ...from(f, 'joinTable'),
    ...join(f),
    type: joinType(f, INNER_LEFT),
    graceMs: f.optionalInteger('grace'),
  }),
  joinGlobal: (f) => ({
    ...from(f, 'joinGlobal'),
    ...join(f),
    type: joinType(f, INNER_LEFT),
    key: mapper(f, 'key'),
  }),
  joinTables: (f) => ({
    ...from(f, 'joinTables'),
    ...join(f),
    type: joinType(f, INNER_LEFT_OUTER),
    ...materialized(f),
  }),
  joinForeignKey: (f) => ({
    ...from(f, 'joinForeignKey'),
    ...join(f),
    type: joinType(f, INNER_LEFT),
    foreignKey: mapper(f, 'foreignKey'),
    ...materialized(f),
  }),
  process: (f) => ({
    ...from(f, 'process'),
    fn: f.oneOf('fn', PROCESSORS),
    store: f.optionalString('store'),
    intervalMs: f.optionalInteger('interval'),
    header: f.has('name') ? [f.string('name'), f.string('value')] : undefined,
  }),
  to: (f) => ({ op: 'to', from: f.string('from'), topic: f.string('topic') }),
}

/** @throws ScenarioError for an operator, a function or a field that is not known */
export function parseNode(value: unknown, where: string): ScenarioNode {
  const fields = new Fields(value, where)
  const op = fields.string('op')
  if (!isOperator(op)) throw new ScenarioError(where, `unknown op '${op}'`)
  const node = PARSERS[op](fields)
  fields.end()
  return node
}

function isOperator(op: string): op is ScenarioNode['op'] {
  return Object.hasOwn(PARSERS, op)
}

function named<O extends string>(f: Fields, op: O): { readonly op: O; readonly id: string } {
  return { op, id: f.string('id') }
}

function from<O extends string>(
  f: Fields,
  op: O,
): { readonly op: O; readonly id: string; readonly from: string } {
  return { op, id: f.string('id'), from: f.string('from') }
}

function topicOf(f: Fields): { readonly topic: string; readonly serde: SerdeName } {
  return { topic: f.string('topic'), serde: f.has('serde') ? f.oneOf('serde', SERDES) : 'string' }
}

function materialized(f: Fields): Materialized {
  return {
    store: f.optionalString('store'),
    versionedMs: f.optionalInteger('versioned'),
    retentionMs: f.optionalInteger('retention'),
  }
}

/** Kafka Streams' plain `join` when it is left out. */
function joinType<T extends string>(f: Fields, types: readonly ['inner', ...T[]]): 'inner' | T {
  return f.has('type') ? f.oneOf('type', types) : 'inner'
}

function join(f: Fields): { readonly with: string; readonly joiner: Joiner } {
  const joiner = f.has('joiner') ? fn(f, 'joiner', joiners) : namedFunction(joiners, 'concat', '')
  return { with: f.string('with'), joiner }
}

function bufferOf(f: Fields): {
  readonly maxRecords: number | undefined
  readonly full: 'emitEarly' | 'shutDown' | undefined
} {
  if (!f.has('buffer')) return { maxRecords: undefined, full: undefined }
  const buffer = f.object('buffer')
  const parsed = {
    maxRecords: buffer.optionalInteger('maxRecords'),
    full: buffer.has('full') ? buffer.oneOf('full', ['emitEarly', 'shutDown'] as const) : undefined,
  }
  buffer.end()
  return parsed
}

function windowOf(f: Fields): WindowSpec {
  const type = f.oneOf('type', ['tumbling', 'hopping', 'sliding', 'session', 'unlimited'])
  const window = windowOfType(type, f)
  f.end()
  return window
}

function windowOfType(type: WindowSpec['type'], f: Fields): WindowSpec {
  if (type === 'unlimited') return { type, startMs: f.optionalInteger('start') ?? 0 }
  const graceMs = f.optionalInteger('grace') ?? 0
  switch (type) {
    case 'tumbling':
      return { type, sizeMs: f.integer('size'), graceMs }
    case 'hopping':
      return { type, sizeMs: f.integer('size'), advanceMs: f.integer('advance'), graceMs }
    case 'sliding':
      return { type, differenceMs: f.integer('difference'), graceMs }
    case 'session':
      return { type, gapMs: f.integer('gap'), graceMs }
  }
}

function fn<F>(f: Fields, name: string, functions: NamedFunctions<F>): F {
  return namedFunction(functions, f.string(name), `${f.where}.${name}`)
}

function mapper(f: Fields, name: string): Mapper {
  return fn(f, name, mappers)
}

function predicate(f: Fields, name: string): Predicate {
  return fn(f, name, predicates)
}

function aggregator(f: Fields, name: string): Aggregator {
  return fn(f, name, aggregators)
}

function reducer(f: Fields, name: string): Reducer {
  return fn(f, name, reducers)
}

function optional<T>(
  f: Fields,
  name: string,
  parse: (f: Fields, name: string) => T,
): T | undefined {
  return f.has(name) ? parse(f, name) : undefined
}
