import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, test } from 'node:test'
import { startSchemaRegistry } from './schema-registry.ts'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // ESRCH: that pid is nobody's.
  }
}

const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }

test('a registry keeps port and schemas through a crash, and leaves neither process nor folder', async () => {
  const registry = await startSchemaRegistry()
  after(() => registry.stop())
  const { url, logFile } = registry
  const body = JSON.stringify({ schema: '{"type":"record","name":"A","fields":[]}' })
  const registered = await fetch(`${url}/subjects/a/versions`, { method: 'POST', headers, body })
  assert.deepEqual(await registered.json(), { id: 1 })

  await registry.kill()
  assert.equal(isAlive(registry.pid), false)
  await assert.rejects(fetch(`${url}/subjects`))
  await registry.restart()
  assert.deepEqual(await (await fetch(`${url}/subjects`)).json(), ['a'])

  await registry.stop()
  assert.equal(isAlive(registry.pid), false)
  assert.equal(existsSync(dirname(logFile)), false)
  await registry.stop()
})

test('an aborted start ends the JVM', async () => {
  const signal = AbortSignal.timeout(1_500)
  await assert.rejects(startSchemaRegistry({ signal }), { name: 'TimeoutError' })
})
