import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startJvmBroker } from './jvm-broker.ts'
import { answersKafka } from './kafka-probe.ts'

const skip = spawnSync('java', ['-version']).status === 0 ? false : 'there is no java on PATH'
const WAIT_MS = 20_000

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // ESRCH: that pid is nobody's.
  }
}

async function becomes(expected: boolean, read: () => boolean): Promise<boolean> {
  const deadline = performance.now() + WAIT_MS
  while (read() !== expected && performance.now() < deadline) await sleep(20)
  return read() === expected
}

describe('JVM broker', { skip }, () => {
  test('a broker with a temporary folder leaves no process and no folder', async () => {
    const broker = await startJvmBroker()
    after(() => broker.stop())
    assert.equal(await answersKafka('127.0.0.1', broker.port), true)
    assert.equal(broker.brokers, `127.0.0.1:${String(broker.port)}`)

    await broker.stop()

    assert.equal(isAlive(broker.pid), false)
    assert.equal(existsSync(broker.dataDir), false)
    assert.equal(await answersKafka('127.0.0.1', broker.port), false)
    await broker.stop()
  })

  test('restart and a start after a crash keep port and data', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    const broker = await startJvmBroker({ dataDir })
    after(async () => {
      await broker.stop()
      await rm(dataDir, { recursive: true, force: true })
    })
    const { port, pid } = broker

    await broker.restart()
    assert.notEqual(broker.pid, pid)
    assert.equal(broker.port, port)
    assert.equal(await answersKafka('127.0.0.1', port), true)

    await broker.kill()
    assert.equal(isAlive(broker.pid), false)
    assert.equal(await answersKafka('127.0.0.1', port), false)
    await broker.restart()
    assert.equal(await answersKafka('127.0.0.1', port), true)

    await broker.stop()
    assert.equal(existsSync(join(dataDir, 'logs', 'meta.properties')), true)
  })

  test('a property that Kafka refuses is reported with what Kafka said', async () => {
    const start = startJvmBroker({ properties: { 'log.segment.bytes': 'many' } })
    await assert.rejects(start, { name: 'StepError', output: /log\.segment\.bytes/ })
  })

  test('an aborted start ends the JVM', async () => {
    const signal = AbortSignal.timeout(1_500)
    await assert.rejects(startJvmBroker({ signal }), { name: 'TimeoutError' })
  })

  test(
    'a broker does not outlive a parent that is killed',
    { skip: process.platform === 'linux' ? false : 'only Linux tells a child of it' },
    async () => {
      const module = join(import.meta.dirname, 'jvm-broker.ts')
      const script =
        `const { startJvmBroker } = await import(${JSON.stringify(module)});` +
        'const { pid, dataDir } = await startJvmBroker();' +
        'console.log(JSON.stringify({ pid, dataDir })); setInterval(() => {}, 1000)'
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script])
      after(() => parent.kill('SIGKILL'))
      const line = await new Promise<string>((resolve) => {
        parent.stdout.once('data', (chunk: Buffer) => {
          resolve(chunk.toString('utf8'))
        })
      })
      // Printed by the script above.
      const { pid, dataDir } = JSON.parse(line) as { pid: number; dataDir: string }
      after(() => rm(dataDir, { recursive: true, force: true }))
      assert.equal(isAlive(pid), true)

      parent.kill('SIGKILL')

      assert.equal(await becomes(false, () => isAlive(pid)), true)
    },
  )
})
