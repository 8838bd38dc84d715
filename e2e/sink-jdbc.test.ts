import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { jdbcSink, type JdbcSinkOptions } from '@millrace/sink-jdbc'
import {
  type DatabaseServer,
  startPostgres,
  type TestDatabase,
  whyNoPostgres,
} from '@millrace/tools/databases'
import assert from 'node:assert/strict'
import { after, before, describe, test, type TestContext } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { type Input, Inputs, parseInput } from './inputs.testkit.ts'
import { until } from './until.testkit.ts'

const INPUTS = 1000
const LIMIT = { timeout: 120_000 }

interface Bed {
  readonly cluster: TestCluster
  readonly inputs: Inputs
  readonly database: TestDatabase
  readonly topic: string
  readonly topology: (options?: Partial<Options>, deadLetterTopic?: string) => Topology
}

type Options = JdbcSinkOptions<string, Input>

const numberOf = ({ id }: Input): number => Number(id.slice(1))

async function bedOf(t: TestContext, server: DatabaseServer): Promise<Bed> {
  const cluster = new TestCluster(t)
  const database = await server.createDatabase()
  const topic = await cluster.createTopic('in', 2)
  const topology = (options: Partial<Options> = {}, deadLetterTopic?: string): Topology => {
    const sink = jdbcSink<string, Input>({
      connectionUrl: database.jdbcUrl,
      table: 'rows',
      schema: {
        id: 'text',
        n: { type: 'int', value: ({ value }) => numberOf(value) },
      },
      ...options,
    })
    const builder = new StreamsBuilder()
    builder
      .stream(topic, { key: serdes.string, value: serdes.string })
      .mapValues((text) => parseInput(text))
      .toSink(sink, {
        name: 'rows',
        retry: { initialBackoff: 10, maxBackoff: 200 },
        ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
      })
    return builder.build()
  }
  return { cluster, inputs: new Inputs(cluster), database, topic, topology }
}

const countOf = async (database: TestDatabase): Promise<number> => {
  const [row] = await database.query('SELECT count(*) AS c FROM rows')
  return Number(row?.['c'])
}
const untilCount = (database: TestDatabase, count: number): Promise<unknown> =>
  until(`${count} rows`, async () => (await countOf(database)) >= count)
/** Each input once, and nothing else: the table has no key that would keep duplicates out. */
const assertAll = async (database: TestDatabase, count = INPUTS): Promise<void> => {
  const rows = await database.query('SELECT n FROM rows ORDER BY n')
  assert.deepEqual(
    rows.map((row) => row['n']),
    Array.from({ length: count }, (_, n) => n),
  )
}
const create = 'CREATE TABLE rows (id text, n int'

describe('an app that writes to PostgreSQL', { skip: await whyNoPostgres({ own: true }) }, () => {
  let server: DatabaseServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server.stop())

  test('has what the database refuses as dead letters, with what it said', LIMIT, async (t) => {
    const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
    const dead = await cluster.createTopic('dead', 1)
    await database.query(`${create} CONSTRAINT no_sevens CHECK (n % 100 <> 7))`)
    await inputs.write([topic], INPUTS)
    const { app } = new TestApp(cluster, topology({}, dead))

    await untilCount(database, INPUTS - 10)
    await app.close()

    assert.equal(await countOf(database), INPUTS - 10)
    const letters = await readTopic(cluster, dead)
    const refused = letters.map(({ value }) =>
      numberOf(parseInput(String(Buffer.from(value ?? [])))),
    )
    assert.deepEqual(
      refused.sort((a, b) => a - b),
      Array.from({ length: 10 }, (_, i) => i * 100 + 7),
    )
    for (const { headers } of letters) {
      const texts = Object.fromEntries(
        headers.map(({ key, value }) => [key, String(Buffer.from(value ?? []))]),
      ) as Record<string, string>
      assert.match(
        texts['__streams.errors.message'] ?? '',
        /^new row for relation "rows" violates check constraint "no_sevens"$/,
      )
      assert.match(texts['__millrace.errors.detail'] ?? '', /"sqlstate":"23514"/)
    }
  })

  test(
    'ends for want of a table, says how to make it, and goes on when it is there',
    LIMIT,
    async (t) => {
      const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
      await inputs.write([topic], INPUTS)

      const without = new TestApp(cluster, topology())
      const error = await without.untilFailed('MR_SINK_FAILED')
      assert.equal(error.message, 'There is no table "rows"')
      const sql = /^Run: (.*), or set autoCreate\.$/.exec(error.hint ?? '')?.[1]
      assert.ok(sql, error.hint)
      await without.app.close()
      await database.query(sql)
      const { app } = new TestApp(cluster, topology())
      await untilCount(database, INPUTS)
      await app.close()

      await assertAll(database)
    },
  )

  test(
    'ends when its password is refused, without a word of it, and loses nothing',
    LIMIT,
    async (t) => {
      const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
      await database.query(`${create})`)
      await inputs.write([topic], INPUTS)

      const refused = new TestApp(cluster, topology({ connectionPassword: 's3cret' }))
      const error = await refused.untilFailed('MR_SINK_FAILED')
      assert.equal(error.hint, 'Check connectionUser and connectionPassword.')
      assert.ok(!refused.log.join('\n').includes('s3cret'))
      await refused.app.close()
      const { app } = new TestApp(cluster, topology())
      await untilCount(database, INPUTS)
      await app.close()

      await assertAll(database)
    },
  )

  test('ends when a column goes while it writes, and goes on when it is back', LIMIT, async (t) => {
    const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
    const dead = await cluster.createTopic('dead', 1)
    await database.query(`${create})`)
    await inputs.write([topic], INPUTS)
    const first = new TestApp(cluster, topology({}, dead))
    await untilCount(database, INPUTS)
    await database.query('ALTER TABLE rows RENAME COLUMN n TO m')
    await inputs.write([topic], INPUTS)
    const error = await first.untilFailed('MR_SINK_FAILED')
    assert.match(error.hint ?? '', /^Run: ALTER TABLE "public"\."rows" ADD COLUMN "n" integer/)
    await first.app.close()

    await database.query('ALTER TABLE rows RENAME COLUMN m TO n')
    const { app } = new TestApp(cluster, topology({}, dead))
    await untilCount(database, 2 * INPUTS)
    await app.close()

    await assertAll(database, 2 * INPUTS)
    assert.deepEqual(await readTopic(cluster, dead), [])
  })

  test('waits while the database is away, and goes on by itself', LIMIT, async (t) => {
    const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
    await database.query(`${create})`)
    await inputs.write([topic], INPUTS)
    const { app } = new TestApp(cluster, topology())
    await untilCount(database, 1)
    await server.crash()
    await inputs.write([topic], INPUTS)
    await server.restart()
    await untilCount(database, 2 * INPUTS)
    await app.close()

    await assertAll(database, 2 * INPUTS)
  })
})

describe('a table that is not as it must be', { skip: await whyNoPostgres({ own: true }) }, () => {
  let server: DatabaseServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server.stop())

  test('ends for want of a column, says how to add it, and goes on then', LIMIT, async (t) => {
    const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
    await database.query('CREATE TABLE rows (id text)')
    await inputs.write([topic], INPUTS)

    const without = new TestApp(cluster, topology())
    const error = await without.untilFailed('MR_SINK_FAILED')
    assert.equal(error.message, 'Table "public"."rows" has no column n')
    assert.deepEqual([error.at['table'], error.at['column']], ['rows', 'n'])
    const sql = /^Run: (.*), or set autoEvolve\.$/.exec(error.hint ?? '')?.[1]
    assert.ok(sql, error.hint)
    await without.app.close()
    await database.query(sql)
    const { app } = new TestApp(cluster, topology())
    await untilCount(database, INPUTS)
    await app.close()

    await assertAll(database)
  })

  test('ends at a value that does not fit, and loses nothing but that', LIMIT, async (t) => {
    const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
    const dead = await cluster.createTopic('dead', 1)
    await database.query('CREATE TABLE rows (id varchar(4), n int)')
    // The last id has five characters.
    await inputs.write([topic], INPUTS + 1)

    const strict = new TestApp(cluster, topology())
    const error = await strict.untilFailed('MR_SINK_REJECTED')
    const { sink, topic: where, partition, offset, sqlstate } = error.at
    assert.deepEqual([sink, where, sqlstate], [`${cluster.id}-rows`, topic, '22001'])
    assert.match(String(error.cause), /value too long for type character varying\(4\)/)
    await strict.app.close()
    const { app } = new TestApp(cluster, topology({}, dead))
    await untilCount(database, INPUTS)
    await until('the dead letter', async () => (await readTopic(cluster, dead)).length > 0)
    await app.close()

    await assertAll(database)
    const letters = await readTopic(cluster, dead)
    const values = letters.map(({ value }) =>
      numberOf(parseInput(String(Buffer.from(value ?? [])))),
    )
    assert.deepEqual(values, [INPUTS])
    const [letter] = letters
    const header = (name: string): string =>
      String(Buffer.from(letter?.headers.find(({ key }) => key === name)?.value ?? []))
    assert.deepEqual(
      [header('__streams.errors.partition'), header('__streams.errors.offset')],
      [String(partition), String(offset)],
    )
  })

  test('ends when a column becomes another type while it writes', LIMIT, async (t) => {
    const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
    const dead = await cluster.createTopic('dead', 1)
    await database.query(`${create})`)
    await inputs.write([topic], INPUTS)
    const first = new TestApp(cluster, topology({}, dead))
    await untilCount(database, INPUTS)
    await database.query("ALTER TABLE rows ALTER COLUMN n TYPE date USING date '2026-01-01' + n")
    await inputs.write([topic], INPUTS)
    const error = await first.untilFailed('MR_SINK_FAILED')
    assert.equal(
      error.message,
      'Column n of "public"."rows" is date, which does not hold what schema declares',
    )
    await first.app.close()

    await database.query("ALTER TABLE rows ALTER COLUMN n TYPE int USING n - date '2026-01-01'")
    const { app } = new TestApp(cluster, topology({}, dead))
    await untilCount(database, 2 * INPUTS)
    await app.close()

    await assertAll(database, 2 * INPUTS)
    assert.deepEqual(await readTopic(cluster, dead), [])
  })

  test('starts while the database is away, says so, and goes on by itself', LIMIT, async (t) => {
    const { cluster, inputs, database, topic, topology } = await bedOf(t, server)
    await database.query(`${create})`)
    await inputs.write([topic], INPUTS)
    await server.crash()
    const waiting = new TestApp(cluster, topology())
    await waiting.until('it says where it waits', () =>
      waiting.log.some((line) =>
        /^warn .* PostgreSQL at 127\.0\.0\.1:\d+\/.* does not answer; trying again .*"code":"MR_SINK_UNAVAILABLE"/.test(
          line,
        ),
      ),
    )
    await server.restart()
    await untilCount(database, INPUTS)
    await waiting.app.close()

    await assertAll(database)
  })
})
