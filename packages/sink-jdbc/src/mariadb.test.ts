import { useMariadb, whyNoMariadb } from '@millrace/tools/databases'
import { after, describe } from 'node:test'
import { testBehaviour } from './server-behaviour.testkit.ts'

const skip = await whyNoMariadb()

describe('MariaDB', { skip }, async () => {
  if (skip !== false) return
  const server = await useMariadb()
  after(() => server.stop())
  testBehaviour(await server.createDatabase(), 'mariadb')
})
