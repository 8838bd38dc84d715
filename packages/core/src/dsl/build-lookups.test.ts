import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const both = (left: string, right: string): string => left + right
const processor: ProcessorSupplier<string, string, never, never> = () => ({
  process: () => undefined,
})

/** The problems that `build` reports. */
function problems(define: (builder: StreamsBuilder) => void): string {
  const builder = new StreamsBuilder()
  define(builder)
  try {
    builder.build()
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
    return error.message.replace('Invalid topology: ', '')
  }
  return 'none'
}

test('a join with a grace period needs a table with versions', () => {
  const grace = { ...text, name: 'j', grace: 10 }
  const versioned = { ...text, versioned: '1 second' } as const
  const problem = 'j: a join with a grace period needs a versioned table'
  const refused = (define: Parameters<typeof problems>[0]): void => {
    assert.equal(problems(define), problem)
  }

  refused((b) => {
    b.stream('in', text).join(b.table('t', text), both, grace)
  })
  refused((b) => {
    const stored = b.table('t', versioned).mapValues((v) => v, { ...text, store: 'plain' })
    b.stream('in', text).join(stored, both, grace)
  })
  refused((b) => {
    const joined = b.table('t', versioned).join(b.table('u', versioned), both)
    b.stream('in', text).join(joined, both, grace)
  })
})

test('the history of the table must be as long as the grace period', () => {
  const join = (historyMs: number): string =>
    problems((b) => {
      const table = b.table('t', { ...text, store: 'v', versioned: historyMs })
      b.stream('in', text).join(table, both, { ...text, name: 'j', grace: 10 })
    })

  assert.equal(
    join(9),
    "j: the history of the table's store 'v' must be at least as long as the grace period",
  )
  assert.equal(join(10), 'none')
})

test('records that wait need serdes', () => {
  const found = problems((b) => {
    const table = b.table('t', { ...text, store: 'v', versioned: '1 second' })
    const mapped = b.stream('in', text).mapValues((v) => v)
    mapped.join(table, both, { name: 'j', grace: 10 })
  })

  assert.equal(found, "j: no value serde for the store 'j-Buffer'; give the option `thisValue`")
})

test('stream and table must be of one builder', () => {
  const [one, other] = [new StreamsBuilder(), new StreamsBuilder()]
  const stream = one.stream('in', text)

  assert.throws(() => stream.join(other.table('t', text), both), TypeError)
  assert.throws(
    () => stream.join(other.globalTable('g', text), both, { key: (key) => key }),
    TypeError,
  )
})

test('a global topic is read once, and by nothing else', () => {
  const found = problems((b) => {
    b.globalTable('a', text)
    b.globalTable('a', text)
    b.stream('a', text)
  })

  assert.equal(
    found,
    "KSTREAM-SOURCE-0000000004: topic 'a' is already read by KSTREAM-SOURCE-0000000001; " +
      "KSTREAM-SOURCE-0000000006: topic 'a' is already read by KSTREAM-SOURCE-0000000001",
  )
})

test('the name of a global store is its own', () => {
  const found = problems((b) => {
    b.globalTable('a', { ...text, name: 'a', store: 'rows' })
    b.addGlobalStore(stores.keyValue('rows', text), 'b', { ...text, name: 'b', processor })
    b.table('c', { ...text, name: 'c', store: 'rows' })
  })

  assert.equal(
    found,
    "b: another store already has the name 'rows'; c: another store already has the name 'rows'; " +
      "c: every processor can read the global store 'rows'; do not connect it",
  )
})

test('a global store is not connected to a processor', () => {
  const found = problems((b) => {
    b.globalTable('a', { ...text, store: 'rows' })
    b.stream('in', text).processValues(() => ({ process: () => undefined }), {
      name: 'p',
      stores: ['rows'],
    })
  })

  assert.equal(found, "p: every processor can read the global store 'rows'; do not connect it")
})
