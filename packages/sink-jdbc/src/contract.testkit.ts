import type { Sink } from '@millrace/core'
import {
  FaultProxy,
  type SinkHarness,
  type SinkInterruption,
  type SinkStep,
  type SinkUnderTest,
} from '@millrace/testing'
import { connectorOf } from './drivers/connector-of.ts'
import { FaultyConnections } from './faulty-connections.testkit.ts'
import { JdbcSink } from './jdbc-sink.ts'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { resolveJdbcOptions } from './options/resolve-options.ts'

/** What the suite's records hold: `note` is what the table has no room for when it is poison. */
export interface SuiteValue {
  readonly note: string
}

type Options = JdbcSinkOptions<string | null, SuiteValue>

/** A database for the suite. */
export interface SuiteDatabase {
  /** By way of the proxy, if there is one. */
  jdbcUrl(proxy: FaultProxy | undefined): string
  /** Undefined for a file. */
  readonly port: number | undefined
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Makes a table with the columns of the suite. */
  createTable(name: string, key: string | undefined): Promise<void>
  readonly begin: string
  /** How a commit looks on the wire, and nothing else. */
  readonly commit: string
  close?(): Promise<void> | void
}

/** How rows are written: one of the ways that the sink offers. */
export interface SuiteVariant {
  readonly options: Pick<
    Options,
    'deliveryGuarantee' | 'insertMode' | 'pkMode' | 'pkFields' | 'onTombstone'
  >
  readonly keeps: 'each-record' | 'last-per-key'
  readonly tellsOrder?: boolean
}

/** The ways in which the suite is run. */
export const VARIANTS: Readonly<Record<string, SuiteVariant>> = {
  'exactly once, appended': {
    options: { insertMode: 'insert', onTombstone: 'ignore' },
    keeps: 'each-record',
    tellsOrder: true,
  },
  'exactly once, upserted': {
    options: { insertMode: 'upsert', pkMode: 'recordKey', pkFields: ['k'], onTombstone: 'delete' },
    keeps: 'last-per-key',
  },
  'idempotent, by coordinates': {
    options: {
      deliveryGuarantee: 'idempotent',
      insertMode: 'ignore',
      pkMode: 'kafka',
      pkFields: ['topic', 'part', 'offs', 'idx'],
      onTombstone: 'reject',
    },
    keeps: 'each-record',
  },
  'idempotent, upserted': {
    options: {
      deliveryGuarantee: 'idempotent',
      insertMode: 'upsert',
      pkMode: 'recordKey',
      pkFields: ['k'],
      onTombstone: 'delete',
    },
    keeps: 'last-per-key',
  },
}

let tables = 0

/** The sink as the suite runs it. */
export function jdbcHarness(
  { options, keeps, tellsOrder = false }: SuiteVariant,
  openDatabase: () => Promise<SuiteDatabase> | SuiteDatabase,
  canStop: boolean,
): SinkHarness<string | null, SuiteValue> {
  const isTransactional = options.deliveryGuarantee !== 'idempotent'
  const byKey = options.pkMode === 'recordKey'
  return {
    capabilities: {
      tier: isTransactional ? 'transactional' : 'idempotent',
      proposedMaxRecords: 3000,
    },
    keeps,
    tellsOrder,
    steps: ['before-write', 'before-commit', 'after-commit'],
    hasPoison: true,
    canStop,
    nullKey: byKey ? 'rejected' : 'written',
    tombstone:
      options.onTombstone === 'delete'
        ? 'deletes'
        : options.onTombstone === 'ignore'
          ? 'ignored'
          : 'rejected',
    noticesWithinMs: 5000,
    timeoutMs: 60_000,
    async open() {
      const database = await openDatabase()
      const table = `t${++tables}`
      const keyColumns = byKey
        ? 'k'
        : options.pkMode === 'kafka'
          ? 'topic, part, offs, idx'
          : undefined
      await database.createTable(table, keyColumns)
      return new SuiteTarget(database, table, options).underTest()
    },
  }
}

interface Process {
  readonly proxy: FaultProxy | undefined
  readonly connections: FaultyConnections
}

class SuiteTarget {
  readonly #database: SuiteDatabase
  readonly #table: string
  readonly #options: SuiteVariant['options']
  readonly #processes = new Map<Sink<string | null, SuiteValue>, Process>()

  constructor(database: SuiteDatabase, table: string, options: SuiteVariant['options']) {
    this.#database = database
    this.#table = table
    this.#options = options
  }

  underTest(): SinkUnderTest<string | null, SuiteValue> {
    return {
      createSink: () => this.#createSink(),
      record: ({ key }) => ({ key, value: { note: 'fits' } }),
      poison: ({ key }) => ({ key, value: { note: 'does not fit' } }),
      contents: () => this.#contents(),
      kill: async (sink) => {
        const { proxy, connections } = this.#processOf(sink)
        if (proxy === undefined) connections.kill()
        else await proxy.refuse()
      },
      interrupt: (sink, step, how) => this.#interrupt(sink, step, how),
      stopTarget: () => this.#eachProxy((proxy) => proxy.refuse()),
      startTarget: () => this.#eachProxy((proxy) => proxy.resume()),
      close: async () => {
        await this.#eachProxy((proxy) => proxy.close())
        await this.#database.close?.()
      },
    }
  }

  async #createSink(): Promise<Sink<string | null, SuiteValue>> {
    const { port } = this.#database
    const proxy = port === undefined ? undefined : await FaultProxy.start({ port })
    const connections = new FaultyConnections(this.#database.begin)
    const config = resolveJdbcOptions<string | null, SuiteValue>({
      connectionUrl: this.#database.jdbcUrl(proxy),
      table: this.#table,
      schema: this.#schema(),
      connectTimeout: '3 seconds',
      ...this.#options,
    })
    const sink = new JdbcSink(config, async (connection) =>
      connections.through(await connectorOf(connection)),
    )
    this.#processes.set(sink, { proxy, connections })
    return sink
  }

  #schema(): Options['schema'] {
    const coordinates: Options['schema'] =
      this.#options.pkMode === 'kafka'
        ? {}
        : {
            topic: { type: 'text', value: (record) => record.topic },
            part: { type: 'int', value: (record) => record.partition },
            offs: { type: 'bigint', value: (record) => record.offset },
            idx: { type: 'int', value: (record) => record.index },
          }
    return { ...coordinates, k: { type: 'text', value: (record) => record.key }, note: 'text' }
  }

  #interrupt(
    sink: Sink<string | null, SuiteValue>,
    step: SinkStep,
    how: 'cut' | 'stall',
  ): SinkInterruption {
    const { proxy, connections } = this.#processOf(sink)
    const isAfter = step === 'after-commit'
    // The answer to a commit has nothing that a proxy could tell it by in all protocols.
    if (proxy === undefined || (isAfter && how === 'stall')) return connections.arm(step, how)
    return proxy.intercept({
      direction: 'to-target',
      match: step === 'before-write' ? this.#database.begin : this.#database.commit,
      then: isAfter ? 'lose-answer' : how,
    })
  }

  async #contents(): Promise<
    readonly { topic: string; partition: number; offset: number; index: number }[]
  > {
    const rows = await this.#database.query(
      `SELECT topic, part, offs, idx FROM ${this.#table} ORDER BY id`,
    )
    return rows.map((row) => ({
      topic: String(row['topic']),
      partition: Number(row['part']),
      offset: Number(row['offs']),
      index: Number(row['idx']),
    }))
  }

  async #eachProxy(act: (proxy: FaultProxy) => Promise<void>): Promise<void> {
    for (const { proxy } of this.#processes.values()) if (proxy !== undefined) await act(proxy)
  }

  #processOf(sink: Sink<string | null, SuiteValue>): Process {
    const process = this.#processes.get(sink)
    if (process === undefined) throw new TypeError('a sink of another test')
    return process
  }
}
