import { testSink } from '@millrace/testing'
import { useMariadb, whyNoMariadb } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { jdbcHarness, VARIANTS } from './contract.testkit.ts'
import { serverDatabase } from './server-database.testkit.ts'

const skip = await whyNoMariadb()

describe('MariaDB', { skip }, async () => {
  if (skip !== false) return
  const server = await useMariadb()
  after(() => server.stop())
  const database = serverDatabase(await server.createDatabase(), 'mariadb')
  for (const [name, variant] of Object.entries(VARIANTS)) {
    testSink(
      `MariaDB, ${name}`,
      jdbcHarness(variant, () => database, true),
    )
  }
})
