import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Observation, resultLine, type Settings } from './result-line.ts'

const SETTINGS: Settings = {
  peer: 'millrace',
  version: '1.2.3',
  workload: 'count',
  guarantee: 'eos',
  value: 'raw',
  cacheBytes: 0,
  commitIntervalMs: 100,
}

const SEEN: Observation = {
  records: 1000,
  wallSeconds: 2.504,
  firstCommitSeconds: 0.504,
  firstCommitRecords: 100,
  cpuSeconds: 1.239,
  maxRssMb: 200.4,
  brokerCpuSeconds: 0.111,
  otherCpuSeconds: 0.228,
}

test('a line has the fields of the peers, in their order', () => {
  const line = resultLine(SETTINGS, SEEN, { outputRecords: 1000, verified: true })
  assert.equal(
    JSON.stringify(line),
    '{"peer":"millrace","version":"1.2.3","workload":"count","guarantee":"eos","records":1000,' +
      '"wallSeconds":2.5,"firstCommitSeconds":0.5,"recordsPerSecond":450,"cpuSeconds":1.24,' +
      '"maxRssMb":200,"overallRecordsPerSecond":399,"firstCommitRecords":100,"value":"raw",' +
      '"cacheBytes":0,"commitIntervalMs":100,"threads":1,"brokerCpuSeconds":0.11,' +
      '"otherCpuSeconds":0.23,"outputRecords":1000,"verified":true}',
  )
})

test('without the pid of the broker nothing is said about its CPU time and that of others', () => {
  const line = resultLine(SETTINGS, { ...SEEN, brokerCpuSeconds: undefined }, {})
  assert.equal('brokerCpuSeconds' in line, false)
  assert.equal('otherCpuSeconds' in line, false)
})

test('a run with one commit has no steady rate', () => {
  const line = resultLine(SETTINGS, { ...SEEN, firstCommitSeconds: SEEN.wallSeconds }, {})
  assert.equal(line.recordsPerSecond, 0)
})
