import { useMariadb, whyNoMariadb } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { testServerErrors } from './server-errors.testkit.ts'
import { testServerFaults, testSessions } from './server-faults.testkit.ts'

const skip = await whyNoMariadb()

describe('MariaDB, the server', { skip }, async () => {
  if (skip !== false) return
  const server = await useMariadb()
  after(() => server.stop())
  testServerErrors(await server.createDatabase(), 'MariaDB')
  testSessions(await server.createDatabase(), 'MariaDB')
  testServerFaults(await server.createDatabase(), 'MariaDB')
})
