import { useMysql, whyNoMysql } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { testBehaviour } from './server-behaviour.testkit.ts'

const skip = whyNoMysql()

describe('MySQL', { skip }, async () => {
  if (skip !== false) return
  const server = await useMysql()
  after(() => server.stop())
  testBehaviour(await server.createDatabase(), 'mysql')
})
