import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpuProfile, selfTimes } from './cpu-profile.ts'

function frame(
  id: number,
  functionName: string,
  url = '',
  lineNumber = -1,
): CpuProfile['nodes'][0] {
  return { id, callFrame: { functionName, url, lineNumber } }
}

const PROFILE: CpuProfile = {
  nodes: [
    frame(1, '(idle)'),
    frame(2, '(garbage collector)'),
    frame(3, 'produce'),
    frame(4, 'process', 'file:///x/packages/core/src/runtime/task.ts', 9),
    frame(5, 'poll', 'file:///x/packages/core/src/kafka/confluent/consumer-poll.ts', 4),
    frame(6, 'produce', 'file:///x/node_modules/@scope/client/lib/producer.js', 129),
    frame(7, '', 'node:internal/timers', 1),
    frame(8, 'process', 'file:///x/packages/core/src/runtime/task.ts', 9),
  ],
  samples: [1, 2, 3, 4, 5, 6, 7, 8, 1],
  timeDeltas: [5, 100, 2, 3, 10, 20, 4, 1, 30],
}

test('a sample stands for the time until the next one, and idle time is counted apart', () => {
  const { busyMicros, idleMicros } = selfTimes(PROFILE)
  assert.deepEqual({ busyMicros, idleMicros }, { busyMicros: 70, idleMicros: 100 })
})

test('self times are added up by function, whoever called it', () => {
  assert.deepEqual(selfTimes(PROFILE).byFunction, [
    { name: 'process packages/core/src/runtime/task.ts:10', micros: 40 },
    { name: 'poll packages/core/src/kafka/confluent/consumer-poll.ts:5', micros: 20 },
    { name: 'produce node_modules/@scope/client/lib/producer.js:130', micros: 4 },
    { name: 'produce native', micros: 3 },
    { name: '(garbage collector)', micros: 2 },
    { name: '(anonymous) node:internal/timers:2', micros: 1 },
  ])
})

test('the origin of code is its package, and of our own packages the folder', () => {
  assert.deepEqual(
    selfTimes(PROFILE).byOrigin.map(({ name }) => name),
    [
      'core/runtime',
      'core/kafka/confluent',
      '@scope/client',
      'native',
      '(garbage collector)',
      'node',
    ],
  )
})
