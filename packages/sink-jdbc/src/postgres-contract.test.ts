import { testSink } from '@millrace/testing'
import { usePostgres, whyNoPostgres } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { jdbcHarness, VARIANTS } from './contract.testkit.ts'
import { serverDatabase } from './server-database.testkit.ts'

const skip = await whyNoPostgres()

describe('PostgreSQL', { skip }, async () => {
  if (skip !== false) return
  const server = await usePostgres()
  after(() => server.stop())
  const database = serverDatabase(await server.createDatabase(), 'postgresql')
  for (const [name, variant] of Object.entries(VARIANTS)) {
    testSink(
      `PostgreSQL, ${name}`,
      jdbcHarness(variant, () => database, true),
    )
  }
})
