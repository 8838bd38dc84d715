import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { Assembly } from './assembly.ts'
import { dropNullKeys } from './drop-null-keys.ts'

const text = { keySerde: serdes.string, valueSerde: serdes.string }
const store = stores.keyValue('s', { key: serdes.string, value: serdes.string })

function started(): Assembly {
  const assembly = new Assembly()
  const unset = { timestampExtractor: undefined, autoOffsetReset: undefined }
  assembly.addSource({ ...text, ...unset, name: 'source', topics: ['in'] })
  return assembly
}

const processor = (name: string, parents: readonly string[]) => ({
  name,
  parents,
  supplier: dropNullKeys,
})

test('a parent must come before its child, so a cycle cannot be made', () => {
  const assembly = started()
  assembly.addProcessor(processor('a', ['b']))
  assembly.addProcessor(processor('b', ['a']))
  assembly.addProcessor(processor('c', ['c']))
  assembly.addProcessor(processor('d', []))

  assert.deepEqual(assembly.problems, [
    "a: there is no parent 'b' before it",
    "c: there is no parent 'c' before it",
    'd: has no parent',
  ])
})

test('nothing follows a sink', () => {
  const assembly = started()
  assembly.addSink({
    ...text,
    name: 'sink',
    parents: ['source'],
    topic: 'out',
    partitioner: undefined,
  })
  assembly.addProcessor(processor('a', ['sink']))

  assert.deepEqual(assembly.problems, ["a: the sink 'sink' forwards nothing"])
})

test('a store is connected to processors that are there, and to nothing else', () => {
  const assembly = started()
  assembly.addStore('a', store)
  assembly.connect('a', 's')
  assembly.connect('source', 's')

  assert.deepEqual(assembly.problems, [
    "store 's': there is no processor 'a' to connect it to",
    "store 's': there is no processor 'source' to connect it to",
  ])
})

test('one store object may be added again, another of its name may not', () => {
  const assembly = started()
  assembly.addStore('a', store)
  assembly.addStore('b', store)
  assembly.addStore('c', { ...store })

  assert.deepEqual(assembly.problems, ["c: another store already has the name 's'"])
})
