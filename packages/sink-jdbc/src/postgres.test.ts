import { usePostgres, whyNoPostgres } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { testBehaviour } from './server-behaviour.testkit.ts'

const skip = await whyNoPostgres()

describe('PostgreSQL', { skip }, async () => {
  if (skip !== false) return
  const server = await usePostgres()
  after(() => server.stop())
  testBehaviour(await server.createDatabase(), 'postgresql')
})
