import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TrialFailure } from '@millrace/trial'
import { readText } from './text.ts'

let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'word-count-'))
})

after(() => rm(folder, { recursive: true }))

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function failureOf(path: string): Promise<string> {
  const error: unknown = await readText(path).catch((reason: unknown) => reason)
  assert.ok(error instanceof TrialFailure)
  return error.message
}

test('a text is read as UTF-8, without the mark that may precede it', async () => {
  const path = await written('a.txt', '\ufeffcafé\n')
  assert.deepEqual(await readText(path), { name: 'a.txt', content: 'café\n' })
})

test('a file that is missing is told', async () => {
  const path = join(folder, 'nothing.txt')
  assert.equal(await failureOf(path), `The text ${path} cannot be read: there is no such file.`)
})

test('a folder is told', async () => {
  assert.equal(await failureOf(folder), `The text ${folder} cannot be read: it is a folder.`)
})

test('a text without anything in it is told', async () => {
  const path = await written('empty.txt', ' \n\n')
  assert.equal(await failureOf(path), `The text ${path} is empty.`)
})

test('a text that is not UTF-8 is told', async () => {
  const path = await written('latin1.txt', Buffer.from('café', 'latin1'))
  assert.equal(await failureOf(path), `The text ${path} is not UTF-8.`)
})
