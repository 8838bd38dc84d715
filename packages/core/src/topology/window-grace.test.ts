import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { serdes } from '../serde/serdes.ts'
import type { PlanNode, ProcessorPlan } from './plan-node.ts'
import { windowGraceMs } from './window-grace.ts'

const source: PlanNode = {
  kind: 'source',
  name: 'source',
  parents: [],
  topics: ['in'],
  keySerde: serdes.string,
  valueSerde: serdes.string,
  timestampExtractor: undefined,
  autoOffsetReset: undefined,
}

function processor(name: string, parents: readonly PlanNode[], graceMs?: number): ProcessorPlan {
  return {
    kind: 'processor',
    name,
    parents,
    operator: () => () => ({ process: () => undefined }),
    stores: [],
    uses: [],
    table: undefined,
    changes: 'nothing',
    ...(graceMs === undefined ? {} : { graceMs }),
  }
}

const short = processor('short', [source], 5)
const long = processor('long', [source], 30)

test('the grace is that of the nearest windowed aggregation', () => {
  assert.equal(windowGraceMs(short), 5)
  assert.equal(windowGraceMs(processor('filter', [processor('again', [long], 0)])), 0)
})

test('of several parents the longest grace counts', () => {
  assert.equal(windowGraceMs(processor('join', [short, processor('filter', [long])])), 30)
})

test('a way up without windows is an error that names it', () => {
  const join = processor('join', [short, processor('filter', [source])])
  assert.throws(
    () => windowGraceMs(processor('view', [join])),
    (error) => {
      assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
      assert.equal(
        error.message,
        'Windows close only behind a windowed aggregation, not behind source -> filter -> join -> view',
      )
      return true
    },
  )
})
