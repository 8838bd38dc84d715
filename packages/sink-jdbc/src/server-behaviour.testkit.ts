import type { TestDatabase } from '@millrace/tools/databases'
import { testModes } from './behaviour-modes.testkit.ts'
import { testPositions } from './behaviour-positions.testkit.ts'
import { testRejected } from './behaviour-rejected.testkit.ts'
import { testTables } from './behaviour-tables.testkit.ts'
import { testTypes } from './behaviour-types.testkit.ts'
import { SERVER_NAMES, type ServerKind } from './server-database.testkit.ts'
import { type TestedDatabase, textOf } from './tested-database.testkit.ts'

/** All that is the same for every database, against a server. */
export function testBehaviour(server: TestDatabase, kind: ServerKind): void {
  const database: TestedDatabase = {
    name: SERVER_NAMES[kind],
    kind,
    jdbcUrl: server.jdbcUrl,
    query: (sql) => server.query(sql),
    async readColumn(table, type) {
      const rows = await server.query(`SELECT ${textOf(kind, type)} AS v FROM ${table} ORDER BY id`)
      return rows.map((row) => row['v'])
    },
  }
  testTypes(database)
  testModes(database)
  testTables(database)
  testRejected(database)
  testPositions(database)
}
