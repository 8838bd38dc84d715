import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { jdbcSink } from '../jdbc-sink.ts'
import type { JdbcSinkOptions } from './jdbc-options.ts'
import { resolveJdbcOptions } from './resolve-options.ts'

type Options = JdbcSinkOptions<string, Record<string, unknown>>

const GOOD: Options = {
  connectionUrl: 'jdbc:postgresql://localhost/shop',
  table: 'orders',
  schema: { id: 'bigint', total: 'decimal(12,2)' },
}

function messageOf(options: object): string {
  try {
    // Wrong on purpose, as JavaScript lets it through.
    resolveJdbcOptions({ ...GOOD, ...options })
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_CONFIG'))
    return error.message
  }
  return assert.fail('the options are accepted')
}

describe('options of jdbcSink', () => {
  test('are exactly once by default, and say so in the tier', () => {
    assert.equal(jdbcSink(GOOD).capabilities.tier, 'transactional')
    const idempotent = jdbcSink({
      ...GOOD,
      deliveryGuarantee: 'idempotent',
      insertMode: 'upsert',
      pkMode: 'recordKey',
      pkFields: ['id'],
    })
    assert.equal(idempotent.capabilities.tier, 'idempotent')
  })

  test('have the primary key in front, in its order', () => {
    const { columns, keyLength } = resolveJdbcOptions({
      ...GOOD,
      schema: { a: 'int', b: 'text', c: 'text' },
      pkMode: 'recordValue',
      pkFields: ['c', 'a'],
    })
    assert.deepEqual([columns.map(({ name }) => name), keyLength], [['c', 'a', 'b'], 2])
  })

  test('of coordinates have four columns of their own', () => {
    const { columns } = resolveJdbcOptions({ ...GOOD, pkMode: 'kafka' })
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['kafka_topic', 'kafka_partition', 'kafka_offset', 'kafka_index', 'id', 'total'],
    )
  })

  test('with a whitelist write those columns and the key', () => {
    const { columns } = resolveJdbcOptions({
      ...GOOD,
      schema: { id: 'int', a: 'int', b: { type: 'int', column: 'other' } },
      pkMode: 'recordKey',
      pkFields: ['id'],
      fieldsWhitelist: ['b'],
    })
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['id', 'other'],
    )
  })

  const WRONG: readonly (readonly [object, RegExp])[] = [
    [{ connectionUrl: 'jdbc:postgresql://h/d?x=1' }, /property x of connectionUrl is not known/],
    [{ batchSize: 100 }, /batchSize is not an option/],
    [{ insertMode: 'merge' }, /insertMode must be one of insert, upsert, update, ignore/],
    [{ insertMode: 'upsert' }, /insertMode 'upsert' needs a primary key/],
    [{ onTombstone: 'delete' }, /onTombstone 'delete' needs pkMode 'recordKey'/],
    [{ deliveryGuarantee: 'idempotent' }, /'idempotent' needs insertMode/],
    [{ pkMode: 'recordKey' }, /pkMode 'recordKey' needs pkFields/],
    [{ pkMode: 'recordKey', pkFields: ['x'] }, /pkFields names x, which schema has not/],
    [{ pkMode: 'kafka', pkFields: ['a'] }, /pkFields must have 4 names/],
    [{ pkFields: ['id'] }, /pkFields is of no use with pkMode 'none'/],
    [{ tableNameFormat: '${topic}' }, /table and tableNameFormat exclude each other/],
    [{ table: 'a.b.c' }, /table must be table or schema.table/],
    [{ schema: {} }, /schema names no column/],
    [{ schema: { a: 'money' } }, /schema.a: "money" is not a column type/],
    [{ schema: { a: 'decimal(2,3)' } }, /"decimal\(2,3\)" is not a column type/],
    [{ schema: { a: 'int', A: 'int' } }, /two columns are called A/],
    [
      { connectionUrl: 'jdbc:sqlite:a.db', schema: { a: 'int[]' } },
      /sqlite has no arrays: declare it as 'json'/,
    ],
    [
      { connectionUrl: 'jdbc:mariadb://h/d', schema: { a: 'decimal(66,2)' } },
      /decimals of 65 digits at most/,
    ],
    [{ connectionUrl: 'jdbc:sqlite:a.db', table: 's.t' }, /SQLite has no schemas/],
    [{ maxConnections: 0 }, /maxConnections must be a whole number >= 1/],
    [{ requestTimeout: 'soon' }, /requestTimeout must be a duration above 0/],
    [{ fieldsWhitelist: ['x'] }, /fieldsWhitelist names x/],
    [
      { pkMode: 'recordKey', pkFields: ['id'], insertMode: 'update', schema: { id: 'int' } },
      /insertMode 'update' needs a column beside the primary key/,
    ],
  ]
  for (const [options, expected] of WRONG) {
    test(`are refused: ${JSON.stringify(options)}`, () => {
      assert.match(messageOf(options), expected)
    })
  }

  test('that are wrong are all named at once', () => {
    const message = messageOf({ connectionUrl: 'x', insertMode: 'upsert', maxRetries: -1 })
    assert.match(message, /connectionUrl .*; |; connectionUrl /)
    assert.match(message, /insertMode 'upsert'/)
    assert.match(message, /maxRetries/)
  })

  test('do not show their password, in errors or when the sink is printed', () => {
    const secret = { connectionPassword: 's3cret', connectionUser: 'ada' }
    assert.ok(!messageOf({ ...secret, connectionUrl: 'jdbc:postgresql://h' }).includes('s3cret'))
    const sink = jdbcSink({ ...GOOD, ...secret })
    assert.ok(!inspect(sink, { depth: 10, showHidden: true }).includes('s3cret'))
  })

  test('refuse what would be left out of TLS', () => {
    const connectionUrl = 'jdbc:mariadb://10.0.0.1/shop'
    const checkServerIdentity = (): undefined => undefined
    assert.equal(
      messageOf({ connectionUrl, tls: { checkServerIdentity, servername: 'db' } }),
      'Invalid options of jdbcSink: tls.checkServerIdentity: mysql2 does not take it; tls.servername: mysql2 does not take it; ' +
        'connectionUrl: mysql2 checks names in certificates, and 10.0.0.1 is an address: name the host, or set sslMode=VERIFY_CA',
    )
    assert.match(messageOf({ connectionUrl: `${connectionUrl}?useSSL=true` }), /is an address/)
    const authority = 'jdbc:postgresql://db/shop?sslrootcert=/ca.pem'
    assert.match(messageOf({ connectionUrl: authority }), /TLS is off/)
    for (const accepted of [
      { connectionUrl: `${connectionUrl}?sslMode=VERIFY_CA` },
      { connectionUrl, tls: { rejectUnauthorized: false } },
      { connectionUrl },
      { connectionUrl: 'jdbc:postgresql://10.0.0.1/shop', tls: { servername: 'db' } },
      { connectionUrl: `${authority}&ssl=true` },
    ]) {
      resolveJdbcOptions({ ...GOOD, ...accepted })
    }
  })
})
