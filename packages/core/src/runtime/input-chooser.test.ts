import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StreamRecord } from '../record/stream-record.ts'
import { InputChooser } from './input-chooser.ts'
import { RecordQueue } from './record-queue.ts'
import type { InputQueue } from './task-inputs.ts'

/** Inputs of one task by their names, each with offsets from 0, and a clock. */
class Bed {
  readonly chooser: InputChooser
  nowMs = 0
  readonly #inputs: ReadonlyMap<string, InputQueue>
  readonly #offsets = new Map<string, number>()

  constructor(maxTaskIdleMs: number, ...names: readonly string[]) {
    this.#inputs = new Map(
      names.map((name) => [
        name,
        {
          sourceNode: name,
          queue: new RecordQueue({ topic: name, partition: 0 }, 0, (raw) =>
            raw.timestamp < 0 ? undefined : new StreamRecord(null, null, raw.timestamp),
          ),
        },
      ]),
    )
    this.chooser = new InputChooser([...this.#inputs.values()], { maxTaskIdleMs })
  }

  add(name: string, ...times: readonly number[]): this {
    for (const timestamp of times) {
      const offset = this.#offsets.get(name) ?? 0
      this.#offsets.set(name, offset + 1)
      const record = { topic: name, partition: 0, offset, timestamp, key: null, value: null }
      this.#inputs.get(name)?.queue.add({ ...record, headers: [] })
    }
    return this
  }

  reachedEnd(...names: readonly string[]): this {
    for (const name of names) {
      this.#inputs.get(name)?.queue.reachedEnd(this.#offsets.get(name) ?? 0)
    }
    return this
  }

  /** Takes what may be taken, as `input@time`. */
  take(): readonly string[] {
    const taken: string[] = []
    for (;;) {
      const input = this.chooser.choose(() => this.nowMs)
      const head = input?.queue.take()
      if (input === undefined || head === undefined) return taken
      taken.push(`${input.sourceNode}@${head.record.timestampMs}`)
    }
  }

  isReady(): boolean {
    return this.chooser.isReady(this.nowMs)
  }
}

test('the record with the lowest timestamp is next, the first input of those with the same', () => {
  const bed = new Bed(-1, 'a', 'b', 'c').add('a', 5, 20).add('b', 5, 10).add('c', 1, 30)

  assert.deepEqual(bed.take(), ['c@1', 'a@5', 'b@5', 'b@10', 'a@20', 'c@30'])
})

test('within an input, offsets decide and not timestamps', () => {
  const bed = new Bed(-1, 'a', 'b').add('a', 30, 1).add('b', 20)

  assert.deepEqual(bed.take(), ['b@20', 'a@30', 'a@1'])
})

test('a single input never waits', () => {
  const bed = new Bed(100, 'a').add('a', 1)

  assert.ok(bed.isReady())
  assert.deepEqual(bed.take(), ['a@1'])
  assert.ok(!bed.isReady())
})

test('records that are dropped are passed over', () => {
  const bed = new Bed(-1, 'a', 'b').add('a', -1, -1, 7).add('b', 5, -1)

  assert.deepEqual(bed.take(), ['b@5', 'a@7'])
})

describe('with maxTaskIdle 0', () => {
  test('an input that is empty holds the others until its end is known', () => {
    const bed = new Bed(0, 'a', 'b').add('a', 1)
    assert.ok(!bed.isReady())
    assert.deepEqual(bed.take(), [])

    bed.reachedEnd('b')
    assert.ok(bed.isReady())
    assert.deepEqual(bed.take(), ['a@1'])
  })

  test('an end holds only until there is something behind it', () => {
    const bed = new Bed(0, 'a', 'b').add('a', 1, 2).add('b', 1).reachedEnd('b')
    assert.deepEqual(bed.take(), ['a@1', 'b@1', 'a@2'])

    bed.add('a', 3).add('b', 9)
    assert.deepEqual(bed.take(), ['a@3'])
    bed.reachedEnd('a')
    assert.deepEqual(bed.take(), ['b@9'])
  })
})

test('with maxTaskIdle -1 nothing waits for anything', () => {
  const bed = new Bed(-1, 'a', 'b').add('a', 1)

  assert.deepEqual(bed.take(), ['a@1'])
})

describe('with a positive maxTaskIdle', () => {
  test('an empty input is waited for that long after its end is known', () => {
    const bed = new Bed(100, 'a', 'b').add('a', 1)
    bed.nowMs = 1000
    assert.ok(!bed.isReady())
    bed.reachedEnd('b')
    assert.ok(!bed.isReady())
    bed.nowMs = 1099
    assert.deepEqual(bed.take(), [])
    bed.nowMs = 1100
    assert.ok(bed.isReady())
    assert.deepEqual(bed.take(), ['a@1'])
  })

  test('what comes meanwhile takes its place', () => {
    const bed = new Bed(100, 'a', 'b').add('a', 20).reachedEnd('a', 'b')
    assert.deepEqual(bed.take(), [])
    bed.nowMs = 50
    bed.add('b', 10).reachedEnd('b')

    assert.deepEqual(bed.take(), ['b@10'])
    bed.nowMs = 149
    assert.deepEqual(bed.take(), [])
    bed.nowMs = 150
    assert.deepEqual(bed.take(), ['a@20'])
  })

  test('an input that is always empty does not keep the others from waiting for each other', () => {
    const bed = new Bed(100, 'a', 'b', 'never').add('a', 1).add('b', 1).reachedEnd('never')
    assert.deepEqual(bed.take(), [])
    bed.nowMs = 500
    assert.deepEqual(bed.take(), ['a@1'])
    bed.reachedEnd('a')
    assert.deepEqual(bed.take(), [])
    bed.nowMs = 600
    assert.deepEqual(bed.take(), ['b@1'])

    bed.add('a', 30).reachedEnd('a', 'b')
    assert.deepEqual(bed.take(), [])
    bed.nowMs = 650
    bed.add('b', 20).reachedEnd('b')
    assert.deepEqual(bed.take(), ['b@20'])
    bed.nowMs = 750
    assert.deepEqual(bed.take(), ['a@30'])
  })
})
