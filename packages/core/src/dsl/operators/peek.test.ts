import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, record } from '../../processor/collect.testkit.ts'
import { passThrough } from './pass-through.ts'
import { foreach, peek } from './peek.ts'
import { formatPair, print } from './print.ts'

const input = [record('a', 1), record('b', 2)]

test('peek shows each record and forwards the very same one', async () => {
  const seen: unknown[] = []
  const out = await collect(
    peek((key: string, value: number) => void seen.push([key, value])),
    input,
  )

  assert.deepEqual(seen, [['a', 1], ['b', 2]]) // prettier-ignore
  assert.equal(out[0], input[0])
})

test('foreach shows each record and forwards none', async () => {
  const seen: unknown[] = []
  const out = await collect(
    foreach((key: string, value: number) => void seen.push([key, value])),
    input,
  )

  assert.equal(seen.length, 2)
  assert.deepEqual(out, [])
})

test('print writes a line for each record and forwards none', async () => {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const out = await collect(print({ label: 'clicks', format: formatPair, write }), input)

  assert.deepEqual(lines, ['[clicks]: a, 1\n', '[clicks]: b, 2\n'])
  assert.deepEqual(out, [])
})

test('print shows objects as JSON, and null, bigint and undefined by name', () => {
  assert.equal(formatPair(null, { a: 1 }), 'null, {"a":1}')
  assert.equal(formatPair(1n, undefined), '1, undefined')
})

test('a pass-through forwards the very same record', async () => {
  const out = await collect(passThrough(), input)

  assert.equal(out[1], input[1])
})
