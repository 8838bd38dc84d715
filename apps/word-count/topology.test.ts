import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { recount } from './demo/recount.ts'
import { internalTopics, wordCountTopology } from './topology.ts'

const LINES = [
  'Emma Woodhouse, handsome, clever, and rich,',
  'with a comfortable home--and "happy" disposition',
  '',
  "EMMA’s home isn't Mr. Knightley’s; 1815!",
]

async function countsOf(lines: readonly (string | null)[]): Promise<readonly unknown[]> {
  const driver = await TopologyTestDriver.create(wordCountTopology('lines', 'counts'))
  const input = driver.input('lines', { key: serdes.string, value: serdes.string })
  await input.pipeAll(lines.map((line) => [null, line]))
  const counts = driver.output('counts', { key: serdes.string, value: serdes.long }).readAll()
  await driver.close()
  return counts
}

test('every word that comes gives its new count', async () => {
  assert.deepEqual(await countsOf(['to be or', 'not to be']), [
    ['to', 1],
    ['be', 1],
    ['or', 1],
    ['not', 1],
    ['to', 2],
    ['be', 2],
  ])
})

test('a line without a value has no words', async () => {
  assert.deepEqual(await countsOf([null, 'a']), [['a', 1]])
})

test('the last counts are those that the recount finds in the whole text', async () => {
  const last = new Map((await countsOf(LINES)) as [string, number][]) // the output's pairs
  assert.deepEqual(last, new Map(recount(LINES.join('\n'))))
})

test('the internal topics are named after grouping and store', async () => {
  const { repartition, changelog } = internalTopics('app')
  const topology = wordCountTopology('lines', 'counts')
  const driver = await TopologyTestDriver.create(topology, { applicationId: 'app' })
  for (const topic of [repartition, changelog]) {
    assert.ok(driver.output(topic, { key: serdes.string, value: serdes.bytes }).isEmpty)
  }
  await driver.close()
})
