import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { failure } from './behaviour-tables.testkit.ts'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { SinkBench } from './sink-bench.testkit.ts'
import { type TestedDatabase, freshTable } from './tested-database.testkit.ts'

/** What the table of positions says, and to whom. */
export function testPositions(database: TestedDatabase): void {
  const options = (): JdbcSinkOptions<unknown, unknown> & { readonly table: string } => ({
    connectionUrl: database.jdbcUrl,
    table: freshTable(),
    autoCreate: true,
    schema: { n: 'int' },
  })

  describe(`${database.name}: positions`, () => {
    test('fence a zombie also when its successor has written the very same batch', async () => {
      const mine = options()
      const zombie = await SinkBench.open(mine)
      const successor = await SinkBench.open(mine)
      await successor.write([null, { n: 1 }])
      const error = await failure('MR_SINK_FENCED', zombie.write([null, { n: 1 }]))
      assert.equal(error.message, 'Another writer has claimed the partition in the database')
      assert.deepEqual(error.at, {
        topic: 'orders',
        partition: 0,
        sink: `app-${mine.table}`,
        epoch: 1,
        from: 0,
        storedEpoch: 2,
        storedOffset: 1,
      })
      assert.equal((await database.query(`SELECT n FROM ${mine.table}`)).length, 1)
      await zombie.close()
      await successor.close()
    })

    test('that somebody has deleted stop the writer, and write nothing', async () => {
      const mine = options()
      const bench = await SinkBench.open(mine)
      await database.query(`DELETE FROM millrace_sink_offsets WHERE sink_id = 'app-${mine.table}'`)
      const error = await failure('MR_SINK_FENCED', bench.write([null, { n: 1 }]))
      assert.match(error.message, /is not in the database any more$/)
      assert.equal((await database.query(`SELECT n FROM ${mine.table}`)).length, 0)
      await bench.close()
    })

    test('tell who owns a partition, and how far it is', async () => {
      const mine = options()
      const bench = await SinkBench.open(mine)
      await bench.write([null, { n: 1 }], [null, { n: 2 }])
      const [row] = await database.query(
        `SELECT topic, part, epoch, owner, next_offset, updated_at FROM millrace_sink_offsets WHERE sink_id = 'app-${mine.table}'`,
      )
      const { updated_at: updatedAt, ...rest } = row ?? {}
      assert.notEqual(updatedAt ?? null, null)
      assert.deepEqual(Object.values(rest).map(String), ['orders', '0', '1', 'this test', '2'])
      await bench.close()
    })
  })
}
