import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProcessorOptions } from './processor-options.ts'

test('brokers are all that must be given', () => {
  const { options, problems } = readProcessorOptions(['--brokers', 'a:1'], {})
  assert.deepEqual(problems, [])
  assert.deepEqual(options, {
    app: {
      brokers: 'a:1',
      applicationId: 'word-count',
      processingGuarantee: 'exactly_once_v2',
    },
    input: 'lines',
    output: 'word-counts',
    report: false,
    help: false,
  })
})

test('options win over the environment', () => {
  const env = {
    KAFKA_BROKERS: 'a:1',
    INSTANCE_ID: 'pod-1',
    INPUT_TOPIC: 'x',
    COMMIT_INTERVAL_MS: '5',
  }
  const { options } = readProcessorOptions(['--input', 'y', '--session-timeout', '6000'], env)
  assert.equal(options.input, 'y')
  assert.deepEqual(options.app, {
    brokers: 'a:1',
    applicationId: 'word-count',
    processingGuarantee: 'exactly_once_v2',
    instanceId: 'pod-1',
    commitInterval: 5,
    sessionTimeout: 6000,
    heartbeatInterval: 1000,
  })
})

test('all problems are told at once', () => {
  const { problems } = readProcessorOptions(['--guarantee', 'most', '--commit-interval', 'x'], {})
  assert.deepEqual(problems, [
    'there are no brokers: use --brokers or KAFKA_BROKERS',
    '--guarantee must be exactly_once_v2 or at_least_once, not "most"',
    '--commit-interval must be a whole number from 1 to 3600000, not "x"',
  ])
})
