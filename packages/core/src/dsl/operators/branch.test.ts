import assert from 'node:assert/strict'
import { test } from 'node:test'
import { record, runProcessor } from '../../processor/collect.testkit.ts'
import { branch } from './branch.ts'

const predicates = [
  (_key: string, value: number): boolean => value > 10,
  (_key: string, value: number): boolean => value > 5,
]
const input = [record('a', 20), record('b', 7), record('c', 1)]

test('a record goes to the first branch that holds, and to no other', async () => {
  const { context } = await runProcessor(branch({ predicates, children: ['big', 'small'] }), input)

  assert.deepEqual(context.children, ['big', 'small'])
  assert.deepEqual(context.forwarded, [record('a', 20), record('b', 7)])
})

test('a record that no branch takes goes to the default branch', async () => {
  const rules = { predicates, children: ['big', 'small', 'rest'] }
  const { context } = await runProcessor(branch(rules), input)

  assert.deepEqual(context.children, ['big', 'small', 'rest'])
})
