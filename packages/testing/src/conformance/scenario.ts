import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Fields, ScenarioError } from './fields.ts'
import { parseNode } from './parse-node.ts'
import type { ScenarioNode } from './scenario-node.ts'

export type HeaderPair = readonly [name: string, value: string | null]

/** One thing that happens to the topology. */
export type ScenarioInput =
  | {
      readonly kind: 'record'
      readonly topic: string
      readonly key: string | null
      readonly value: string | number | null
      readonly timestampMs: number
      readonly headers: readonly HeaderPair[]
    }
  | { readonly kind: 'clock'; readonly advanceMs: number }

/** A record of an output topic, as the file has it. */
export interface OutputRecord {
  readonly key: string | null
  readonly value: string | number | null
  readonly timestamp: number
  readonly headers?: readonly HeaderPair[]
  /** The input that made it come out. */
  readonly at: number
}

export interface StoreRow {
  readonly key: string
  readonly value: string | number | null
  readonly timestamp?: number
}

/** What came out: what the file says, or what a run gave. */
export interface Outcome {
  readonly topics: ReadonlyMap<string, readonly OutputRecord[]>
  readonly stores: ReadonlyMap<string, readonly StoreRow[]>
  /** The input that raised an error, and ended the run. */
  readonly errorAt: number | undefined
  /** Undefined in a file that does not say. */
  readonly dropped: number | undefined
}

/** A scenario file that has been read and checked. */
export interface Scenario {
  readonly name: string
  readonly about: string
  readonly optimization: 'none' | 'all'
  readonly mayFail: boolean
  readonly nodes: readonly ScenarioNode[]
  readonly dump: readonly string[]
  readonly inputs: readonly ScenarioInput[]
  readonly expected: Outcome
}

/** @throws ScenarioError for whatever the language does not have */
export function readScenario(file: string): Scenario {
  return parseScenario(JSON.parse(readFileSync(file, 'utf8')), basename(file, '.json'))
}

/** Other fields of the file than those of the language say something about it, and are not read. */
export function parseScenario(value: unknown, name: string): Scenario {
  const fields = new Fields(value, name)
  return {
    name: fields.optionalString('name') ?? name,
    about: fields.optionalString('about') ?? '',
    ...configOf(fields),
    nodes: fields.list('topology', parseNode),
    dump: fields.has('dump') ? fields.strings('dump') : [],
    inputs: fields.list('inputs', inputOf),
    expected: outcomeOf(fields.object('expected')),
  }
}

function configOf(scenario: Fields): Pick<Scenario, 'optimization' | 'mayFail'> {
  if (!scenario.has('config')) return { optimization: 'none', mayFail: false }
  const config = scenario.object('config')
  const parsed = {
    optimization: config.has('optimization')
      ? config.oneOf('optimization', ['none', 'all'] as const)
      : ('none' as const),
    mayFail: config.flag('mayFail'),
  }
  // Which of Java's stores the file was recorded with; both give the same records.
  if (config.has('store')) config.oneOf('store', ['rocksdb', 'in_memory'])
  config.end()
  return parsed
}

function inputOf(value: unknown, where: string): ScenarioInput {
  const fields = new Fields(value, where)
  const input: ScenarioInput = fields.has('advanceWallClock')
    ? { kind: 'clock', advanceMs: fields.integer('advanceWallClock') }
    : {
        kind: 'record',
        topic: fields.string('topic'),
        key: keyOf(fields),
        value: valueOf(fields),
        timestampMs: fields.integer('timestamp'),
        headers: headersOf(fields) ?? [],
      }
  fields.end()
  return input
}

function outcomeOf(expected: Fields): Outcome {
  const stores = new Map<string, readonly StoreRow[]>()
  let errorAt: number | undefined
  if (expected.has('stores')) {
    const dumped = expected.object('stores')
    for (const name of dumped.names) stores.set(name, dumped.list(name, rowOf))
  }
  if (expected.has('error')) errorAt = expected.object('error').integer('at')
  const dropped = expected.optionalInteger('dropped')
  const topics = expected.names.filter((name) => !['stores', 'error', 'dropped'].includes(name))
  return {
    topics: new Map(topics.map((topic) => [topic, expected.list(topic, recordOf)])),
    stores,
    errorAt,
    dropped,
  }
}

function recordOf(value: unknown, where: string): OutputRecord {
  const fields = new Fields(value, where)
  const headers = headersOf(fields)
  const record = {
    key: keyOf(fields),
    value: valueOf(fields),
    timestamp: fields.integer('timestamp'),
    ...(headers === undefined ? {} : { headers }),
    at: fields.integer('at'),
  }
  fields.end()
  return record
}

function rowOf(value: unknown, where: string): StoreRow {
  const fields = new Fields(value, where)
  const timestamp = fields.optionalInteger('timestamp')
  const row = {
    key: fields.string('key'),
    value: valueOf(fields),
    ...(timestamp === undefined ? {} : { timestamp }),
  }
  fields.end()
  return row
}

function keyOf(fields: Fields): string | null {
  const key = valueOf(fields, 'key')
  return typeof key === 'number' ? String(key) : key
}

function valueOf(fields: Fields, name = 'value'): string | number | null {
  const value = fields.raw(name) ?? null
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw fields.error(name, 'a text, a number or null')
}

function headersOf(fields: Fields): readonly HeaderPair[] | undefined {
  if (!fields.has('headers')) return undefined
  return fields.list('headers', (pair, where): HeaderPair => {
    const parts: readonly unknown[] = Array.isArray(pair) ? pair : []
    const [name, value, ...rest] = parts
    const isValue = value === null || typeof value === 'string'
    if (typeof name === 'string' && isValue && rest.length === 0) return [name, value]
    throw new ScenarioError(where, 'is no pair of name and value')
  })
}
