import { type RecordMetadata, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { APPEND, LARGE, outputsByCommit, textTopology } from './caching.testkit.ts'
import { laterTurn, TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const OUT = { key: serdes.string, value: serdes.string }

/** Rows go out through `below`, which is asynchronous; the record itself goes to `beside`. */
function watched(options: {
  readonly below?: (value: string | null) => Promise<void> | undefined
  readonly beside?: (value: string) => void
  readonly store?: string
}): Topology {
  const { below = () => undefined, beside = () => undefined } = options
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', TEXT)
  stream
    .groupByKey()
    .aggregate({ store: 's', ...APPEND })
    .toStream()
    .processValues(
      () => ({
        process(record, context) {
          const pending = below(record.value)
          return pending === undefined
            ? context.forward(record)
            : pending.then(() => context.forward(record))
        },
      }),
      { name: 'below', value: serdes.nullable(serdes.string) },
    )
    .to('out')
  stream.processValues(
    () => ({
      process: ({ value }) => {
        beside(value)
      },
    }),
    { name: 'beside' },
  )
  return builder.build()
}

function failOn(bad: string): (value: string | null) => undefined {
  return (value) => {
    if (value === bad) throw new Error(`${bad} is bad`)
  }
}

describe('an abort', () => {
  test('drops what was held back, and it comes again with the records', async () => {
    const driver = await TopologyTestDriver.create(watched({}), {
      commit: 'manual',
      cacheMaxBytes: LARGE,
    })
    const input = driver.input('in', TEXT)
    const output = driver.output('out', OUT)
    await input.pipeAll([
      ['a', '1'],
      ['b', '1'],
    ])
    await driver.commit()
    await input.pipeAll([
      ['b', '2'],
      ['a', '2'],
    ])
    await driver.abort()
    await input.pipe('c', '1')
    await driver.commit()
    assert.deepEqual(output.readAll(), [
      ['a', '1'],
      ['b', '1'],
      ['b', '12'],
      ['a', '12'],
      ['c', '1'],
    ])
    await driver.close()
  })

  test('gives the budget back', async () => {
    // Room for two updates.
    const driver = await TopologyTestDriver.create(watched({}), {
      commit: 'manual',
      cacheMaxBytes: 2 * 60,
    })
    const input = driver.input('in', TEXT)
    await input.pipeAll([
      ['a', '1'],
      ['b', '1'],
    ])
    await driver.abort()
    await driver.commit()
    await input.pipeAll([
      ['a', '2'],
      ['b', '2'],
      ['a', '3'],
    ])
    await driver.commit()
    assert.deepEqual(driver.output('out', OUT).readAll(), [
      ['a', '1'],
      ['b', '1'],
      ['b', '12'],
      ['a', '123'],
    ])
    await driver.close()
  })
})

describe('a record that is dropped', () => {
  const goOn = { processingExceptionHandler: 'continue' } as const

  test('leaves the held updates, their order and their headers as they were', async () => {
    const topology = watched({ beside: failOn('!') })
    const phases = [['a,1,10', 'b,1,20', 'a,!,30', 'c,!,40', 'c,1,5']]
    assert.deepEqual(await outputsByCommit(topology, phases, goOn), [
      ['a 1 @10 h0', 'b 1 @20 h1', 'c 1 @5 h4'],
    ])
  })

  test('takes its delete back', async () => {
    const topology = watched({
      beside: (value) => {
        if (value === 'x') throw new Error('no deletes')
      },
    })
    assert.deepEqual(await outputsByCommit(topology, [['a,1,10', 'a,x,20'], ['a,x,3']], goOn), [
      ['a 1 @10 h0'],
      [],
    ])
  })

  test('leaves the time and the headers of a held delete as they were', async () => {
    const topology = watched({ beside: failOn('!') })
    const phases = [['a,1,10'], ['a,x,20', 'a,!,30']]
    assert.deepEqual(await outputsByCommit(topology, phases, goOn), [
      ['a 1 @10 h0'],
      ['a null @20 h1'],
    ])
  })

  test('gives its part of the budget back', async () => {
    const topology = watched({ beside: failOn('!') })
    const inputs = ['a,1,1', ...Array.from({ length: 20 }, (_, i) => `k${i},!,2`), 'b,1,3', 'a,2,4']
    // Room for two updates: the dropped ones would have had `a` flushed.
    const options = { ...goOn, cacheMaxBytes: 2 * 70 }
    assert.deepEqual(await outputsByCommit(topology, [inputs], options), [
      ['b 1 @3 h21', 'a 12 @4 h22'],
    ])
  })
})

describe('an update that cannot be forwarded', () => {
  test('at a commit fails the commit, which can be tried again', async () => {
    let bad = true
    const topology = watched({
      below: (value) => {
        if (bad && value === '1') throw new Error('not yet')
        return undefined
      },
    })
    const driver = await TopologyTestDriver.create(topology, {
      commit: 'manual',
      cacheMaxBytes: LARGE,
    })
    const input = driver.input('in', TEXT)
    await input.pipeAll([
      ['b', '2'],
      ['a', '1'],
    ])
    await assert.rejects(driver.commit(), { code: 'MR_PROCESSING' })
    bad = false
    await driver.commit()
    assert.deepEqual(driver.output('out', OUT).readAll(), [
      ['b', '2'],
      ['a', '1'],
    ])
    await driver.close()
  })

  test('is dropped alone when the handler goes on: its row stays, and the other updates go', async () => {
    const driver = await TopologyTestDriver.create(watched({ below: failOn('1') }), {
      commit: 'manual',
      cacheMaxBytes: LARGE,
      processingExceptionHandler: 'continue',
    })
    const input = driver.input('in', TEXT)
    await input.pipeAll([
      ['a', '0'],
      ['b', '1'],
      ['c', '2'],
    ])
    await driver.commit()
    assert.deepEqual(driver.output('out', OUT).readAll(), [
      ['a', '0'],
      ['c', '2'],
    ])
    assert.deepEqual(driver.metrics.dropped, { processing: 1 })
    assert.equal(driver.table('s', OUT).get('b')?.value, '1')
    await driver.close()
  })

  test('over the budget does not fail the record that came too much', async () => {
    const topology = watched({ below: failOn('1') })
    const options = { cacheMaxBytes: 2 * 70, processingExceptionHandler: 'continue' } as const
    const phases = [['a,1,1', 'b,2,2', 'c,3,3', 'd,4,4']]
    assert.deepEqual(await outputsByCommit(topology, phases, options), [
      ['b 2 @2 h1', 'c 3 @3 h2', 'd 4 @4 h3'],
    ])
  })
})

describe('a flush', () => {
  test('waits for asynchronous processors, one update after the other', async () => {
    const under: string[] = []
    let most = 0
    const topology = watched({
      below: async (value) => {
        under.push(String(value))
        most = Math.max(most, under.length)
        await laterTurn()
        under.pop()
      },
    })
    assert.deepEqual(await outputsByCommit(topology, [['a,1,1', 'b,1,2', 'a,2,3']]), [
      ['b 1 @2 h1', 'a 12 @3 h2'],
    ])
    assert.equal(most, 1)
  })

  test('over the budget waits for asynchronous processors before the next record', async () => {
    const seen: string[] = []
    const topology = watched({
      below: async (value) => {
        await laterTurn()
        seen.push(`out ${String(value)}`)
      },
      beside: (value) => {
        seen.push(`in ${value}`)
      },
    })
    await outputsByCommit(topology, [['a,1,1', 'b,2,2', 'c,3,3']], { cacheMaxBytes: 2 * 70 })
    assert.deepEqual(seen, ['in 1', 'in 2', 'in 3', 'out 1', 'out 2', 'out 3'])
  })

  test('shows processors where the record of the last update was read', async () => {
    const seen: (RecordMetadata | undefined)[] = []
    const topology = textTopology((stream) =>
      stream
        .groupByKey()
        .aggregate({ store: 's', ...APPEND })
        .toStream()
        .processValues(
          () => ({
            process(record, context) {
              seen.push(context.recordMetadata)
              return context.forward(record)
            },
          }),
          { value: serdes.string },
        ),
    )
    await outputsByCommit(topology, [['a,1,1', 'b,1,2', 'a,2,3']])
    assert.deepEqual(seen, [
      { topic: 'in', partition: 0, offset: 1 },
      { topic: 'in', partition: 0, offset: 2 },
    ])
  })

  test('has an old value that an aggregator which changes its object has not touched', async () => {
    const builder = new StreamsBuilder()
    const words = serdes.json<string[]>()
    const changes: unknown[] = []
    builder
      .stream('in', TEXT)
      .groupByKey()
      .aggregate<string[]>({
        store: 's',
        value: words,
        init: () => [],
        add(_key, value, row) {
          row.push(value)
          return row
        },
      })
      .groupBy(
        (key, row) => {
          changes.push(structuredClone(row))
          return [key, row]
        },
        { name: 'g', key: serdes.string, value: words },
      )
      .count({ store: 'r' })
    await outputsByCommit(
      builder.build(),
      [
        ['a,1,1', 'a,2,2'],
        ['a,3,3', 'a,4,4'],
      ],
      { read: 'test-g-repartition' },
    )
    assert.deepEqual(changes, [
      ['1', '2'],
      ['1', '2', '3', '4'],
      ['1', '2'],
    ])
  })

  test('leaves no tombstone in the changelog for a row that was never there', async () => {
    const topology = textTopology((stream) =>
      stream.groupByKey().aggregate({ store: 's', ...APPEND }),
    )
    const read = 'test-s-changelog'
    assert.deepEqual(
      await outputsByCommit(topology, [['a,1,1', 'a,x,2', 'b,1,3'], ['b,x,9']], { read }),
      [['b 1 @3 h2'], ['b null @9']],
    )
  })

  test('tells a delete that follows a flush in the same transaction', async () => {
    const topology = textTopology((stream) =>
      stream.groupByKey().aggregate({ store: 's', ...APPEND }),
    )
    // Room for one update: `b` flushes `a`, then both.
    const options = { cacheMaxBytes: 70 }
    assert.deepEqual(
      await outputsByCommit(topology, [['a,1,1', 'b,1,2', 'a,x,3', 'a,2,4', 'a,x,5']], options),
      [['a 1 @1 h0', 'b 1 @2 h1', 'a null @5 h4']],
    )
  })
})
