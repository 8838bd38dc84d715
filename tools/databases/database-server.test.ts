import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  startMariadb,
  startPostgres,
  whyNoMariadb,
  whyNoPostgres,
  type DatabaseServer,
  type ServerOptions,
} from './index.ts'
import { processTree, signalAll } from './process-tree.ts'

interface Kind {
  readonly name: string
  readonly start: (options?: ServerOptions) => Promise<DatabaseServer>
  readonly starter: string
  readonly skip: string | false
  readonly url: RegExp
  readonly sleepSql: string
  readonly wrongSetting: Readonly<Record<string, string>>
  readonly complaint: RegExp
  readonly refusal: RegExp
}

const KINDS: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    start: startPostgres,
    starter: 'startPostgres',
    skip: await whyNoPostgres({ own: true }),
    url: /^postgresql:\/\/millrace:millrace@127\.0\.0\.1:\d+\/kept$/,
    sleepSql: 'SELECT pg_sleep(60)',
    wrongSetting: { shared_buffers: 'many' },
    complaint: /shared_buffers/,
    refusal: /password authentication failed/,
  },
  {
    name: 'MariaDB',
    start: startMariadb,
    starter: 'startMariadb',
    skip: await whyNoMariadb({ own: true }),
    url: /^mariadb:\/\/millrace:millrace@127\.0\.0\.1:\d+\/kept$/,
    sleepSql: 'SELECT sleep(60)',
    wrongSetting: { 'no-such-option': '1' },
    complaint: /no-such-option/,
    refusal: /Access denied/,
  },
]

async function becomes(expected: boolean, read: () => boolean): Promise<boolean> {
  const deadline = performance.now() + 20_000
  while (read() !== expected && performance.now() < deadline) await sleep(20)
  return read() === expected
}

const isAlive = (pid: number): boolean => processTree(pid).length > 0

interface Family {
  readonly parent: ReturnType<typeof spawn>
  /** The server's processes. */
  readonly pids: readonly number[]
  readonly folder: string
}

/** A process that starts a server, runs the code `then` on it, and waits to be ended. */
async function startInChild(kind: Kind, then: string): Promise<Family> {
  const module = JSON.stringify(join(import.meta.dirname, 'index.ts'))
  const script =
    `const { ${kind.starter} } = await import(${module});` +
    `const server = await ${kind.starter}();${then};` +
    'console.log(JSON.stringify(server)); setInterval(() => {}, 1000)'
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script])
  after(() => parent.kill('SIGKILL'))
  const line = await new Promise<string>((resolve) => {
    parent.stdout.once('data', (chunk: Buffer) => {
      resolve(chunk.toString('utf8'))
    })
  })
  // Printed by the script above.
  const { pid, logFile } = JSON.parse(line) as { pid: number; logFile: string }
  const folder = dirname(logFile)
  after(() => rm(folder, { recursive: true, force: true }))
  const pids = processTree(pid)
  assert.notEqual(pids.length, 0)
  after(() => {
    signalAll(pids.filter(isAlive), 'SIGKILL')
  })
  return { parent, pids, folder }
}

for (const kind of KINDS) {
  describe(`${kind.name} server`, { skip: kind.skip }, () => {
    test('restart, in order and at once, and a crash keep port and rows', async () => {
      const server = await kind.start()
      after(() => server.stop())
      const { port } = server
      const kept = await server.createDatabase('kept')
      assert.match(kept.url, kind.url)
      assert.equal(kept.port, port)
      await kept.query('CREATE TABLE t (a int)')
      const pids = [server.pid]

      await kept.query('INSERT INTO t VALUES (1)')
      await server.restart()
      pids.push(server.pid)
      await kept.query('INSERT INTO t VALUES (2)')
      await server.restart({ mode: 'immediate' })
      pids.push(server.pid)
      await kept.query('INSERT INTO t VALUES (3)')
      const tree = processTree(server.pid)
      await server.crash()
      assert.equal(tree.some(isAlive), false)
      await assert.rejects(kept.query('SELECT 1'), { code: 'ECONNREFUSED' })
      await server.restart()
      pids.push(server.pid)

      assert.deepEqual(await kept.query('SELECT a FROM t ORDER BY a'), [
        { a: 1 },
        { a: 2 },
        { a: 3 },
      ])
      assert.equal(server.port, port)
      assert.equal(new Set(pids).size, 4)
    })

    test('stop leaves no process and no folder, also while a statement runs', async () => {
      const server = await kind.start()
      after(() => server.stop())
      const running = assert.rejects(server.query(kind.sleepSql))
      const tree = processTree(server.pid)

      await server.stop()

      await running
      assert.equal(tree.some(isAlive), false)
      assert.equal(existsSync(dirname(server.logFile)), false)
      await server.stop()
    })

    test('a paused server answers when it is resumed, and not before', async () => {
      const server = await kind.start()
      after(() => server.stop())
      server.pause()
      let isAnswered = false
      const answer = server.query('SELECT 1').then(() => {
        isAnswered = true
      })
      await sleep(200)
      assert.equal(isAnswered, false)
      server.resume()
      await answer

      server.pause()
      await server.crash()
      await server.restart()
      await server.query('SELECT 1')
      server.pause()
      await server.stop()
      assert.equal(isAlive(server.pid), false)
    })

    test('databases are apart from each other, and a dropped one is gone', async () => {
      const server = await kind.start()
      after(() => server.stop())
      const [one, two] = [await server.createDatabase(), await server.createDatabase()]
      assert.notEqual(one.database, two.database)
      await one.query('CREATE TABLE t (a int)')
      await assert.rejects(two.query('SELECT * FROM t'))
      await one.drop()
      await assert.rejects(one.query('SELECT 1'))
      await assert.rejects(server.createDatabase('a"b'), RangeError)
    })

    test('a wrong password is refused', async () => {
      const server = await kind.start()
      after(() => server.stop())
      const { hostAt } = await import('./database-host.ts')
      const { POSTGRES_ACCESS } = await import('./postgres.ts')
      const { MARIADB_ACCESS } = await import('./mariadb.ts')
      const access = kind.name === 'MariaDB' ? MARIADB_ACCESS : POSTGRES_ACCESS
      const stranger = hostAt(access, server.url.replace(':millrace@', ':wrong@'))
      await assert.rejects(stranger.query('SELECT 1'), kind.refusal)
    })

    test('a setting that the server refuses is reported with what it said', async () => {
      await assert.rejects(kind.start({ settings: kind.wrongSetting }), {
        name: 'StepError',
        output: kind.complaint,
      })
    })

    test('an aborted start leaves nothing', async () => {
      await assert.rejects(
        kind.start({ signal: AbortSignal.abort(new Error('no')) }),
        /^Error: no$/,
      )
      const controller = new AbortController()
      const server = await kind.start({ signal: controller.signal })
      controller.abort()
      assert.equal(await becomes(false, () => isAlive(server.pid)), true)
      assert.equal(await becomes(false, () => existsSync(dirname(server.logFile))), true)
    })

    test('a process that ends takes its server and the folder along', async () => {
      const { parent, pids, folder } = await startInChild(kind, '')
      parent.kill('SIGTERM')
      assert.equal(await becomes(false, () => pids.some(isAlive)), true)
      assert.equal(await becomes(false, () => existsSync(folder)), true)
    })

    const skip = process.platform === 'linux' ? false : 'only Linux tells a child of it'
    test('a server does not outlive a parent that is killed', { skip }, async () => {
      const { parent, pids } = await startInChild(kind, '')
      parent.kill('SIGKILL')
      assert.equal(await becomes(false, () => pids.some(isAlive)), true)
    })

    test('nor does a paused server', { skip }, async () => {
      const { parent, pids } = await startInChild(kind, 'server.pause()')
      parent.kill('SIGKILL')
      assert.equal(await becomes(false, () => pids.some(isAlive)), true)
    })
  })
}
