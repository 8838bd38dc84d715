import { useMysql, whyNoMysql } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { testServerErrors } from './server-errors.testkit.ts'
import { testServerFaults, testSessions } from './server-faults.testkit.ts'

const skip = whyNoMysql()

describe('MySQL, the server', { skip }, async () => {
  if (skip !== false) return
  const server = await useMysql()
  after(() => server.stop())
  testServerErrors(await server.createDatabase(), 'MySQL')
  testSessions(await server.createDatabase(), 'MySQL')
  testServerFaults(await server.createDatabase(), 'MySQL')
})
