import { after, describe } from 'node:test'
import { testModes } from './behaviour-modes.testkit.ts'
import { testPositions } from './behaviour-positions.testkit.ts'
import { testRejected } from './behaviour-rejected.testkit.ts'
import { testTables } from './behaviour-tables.testkit.ts'
import { testTypes } from './behaviour-types.testkit.ts'
import { sqliteDatabase } from './sqlite-database.testkit.ts'
import { type TestedDatabase, textOf } from './tested-database.testkit.ts'

describe('SQLite', () => {
  const file = sqliteDatabase()
  after(() => file.close?.())
  const database: TestedDatabase = {
    name: 'SQLite',
    kind: 'sqlite',
    jdbcUrl: file.jdbcUrl(undefined),
    query: (sql) => file.query(sql),
    async readColumn(table, type) {
      const rows = await file.query(
        `SELECT ${textOf('sqlite', type)} AS v FROM ${table} ORDER BY id`,
      )
      return rows.map((row) => row['v'])
    },
  }
  testTypes(database)
  testModes(database)
  testTables(database)
  testRejected(database)
  testPositions(database)
})
