import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ProgramProcess } from './program-process.ts'

let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-trial-'))
})

after(() => rm(folder, { recursive: true }))

async function program(name: string, source: string): Promise<string> {
  const file = join(folder, `${name}.ts`)
  await writeFile(file, source)
  return file
}

test('a program has the environment, writes lines, and leaves its last words', async () => {
  const source = `console.log(process.env.GREETING, process.argv[2]); console.error('well'); process.exitCode = 3`
  const output: string[] = []
  const started = new ProgramProcess({
    file: await program('greet', source),
    args: ['you'],
    env: { GREETING: 'hello' },
    onOutput: (line) => output.push(line),
  })
  assert.deepEqual(await started.exited, { code: 3, signal: null })
  assert.deepEqual([output, started.log], [['hello you'], ['well']])
})

test('a program that does not hear SIGTERM is killed when its time is over', async () => {
  const source = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`
  const file = await program('deaf', source)
  let isUp = (): void => undefined
  const up = new Promise<void>((resolve) => (isUp = resolve))
  const started = new ProgramProcess({
    file,
    onOutput: () => {
      isUp()
    },
  })
  await up
  assert.deepEqual(await started.stop(50), { code: null, signal: 'SIGKILL' })
})

test('a program ends with the process that started it, also when that was killed', async () => {
  const file = await program(
    'child',
    `import { createServer } from 'node:net'
    const server = createServer().listen(0, '127.0.0.1', () => console.log(server.address().port))`,
  )
  const module = JSON.stringify(new URL('program-process.ts', import.meta.url).href)
  const source = `import { ProgramProcess } from ${module}
    new ProgramProcess({ file: ${JSON.stringify(file)}, onOutput: (line) => console.log(line) })`
  const parent = spawn(process.execPath, [await program('parent', source)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(parent.stdout, 'data')) as [Buffer] // the child's only line
  const connection = connect(Number(port), '127.0.0.1')
  await once(connection, 'connect')
  connection.on('error', () => undefined) // a reset is an end as well
  const closed = new Promise((resolve) => connection.resume().once('close', resolve))
  parent.kill('SIGKILL')
  await closed
})
