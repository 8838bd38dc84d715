import { testSink } from '@millrace/testing'
import { jdbcHarness, VARIANTS } from './contract.testkit.ts'
import { sqliteDatabase } from './sqlite-database.testkit.ts'

for (const [name, variant] of Object.entries(VARIANTS)) {
  testSink(`SQLite, ${name}`, jdbcHarness(variant, sqliteDatabase, false))
}
