import { testSink } from '@millrace/testing'
import { useMysql, whyNoMysql } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { jdbcHarness, VARIANTS } from './contract.testkit.ts'
import { serverDatabase } from './server-database.testkit.ts'

const skip = whyNoMysql()

describe('MySQL', { skip }, async () => {
  if (skip !== false) return
  const server = await useMysql()
  after(() => server.stop())
  const database = serverDatabase(await server.createDatabase(), 'mysql')
  for (const [name, variant] of Object.entries(VARIANTS)) {
    testSink(
      `MySQL, ${name}`,
      jdbcHarness(variant, () => database, true),
    )
  }
})
