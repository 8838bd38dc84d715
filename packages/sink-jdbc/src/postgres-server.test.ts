import { usePostgres, whyNoPostgres } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { testServerErrors } from './server-errors.testkit.ts'
import { testServerFaults, testSessions } from './server-faults.testkit.ts'

const skip = await whyNoPostgres()

describe('PostgreSQL, the server', { skip }, async () => {
  if (skip !== false) return
  const server = await usePostgres()
  after(() => server.stop())
  testServerErrors(await server.createDatabase(), 'PostgreSQL')
  testSessions(await server.createDatabase(), 'PostgreSQL')
  testServerFaults(await server.createDatabase(), 'PostgreSQL')
})
