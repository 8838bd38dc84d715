import { writeSync } from 'node:fs'
import { rocksdb } from './rocksdb.ts'
import { applyStep, openSteps, stepOf } from './step-history.testkit.ts'

/** A process that goes on with the steps of a directory until it is killed, and prints each that is applied. */
const [directory = '', padding = '0'] = process.argv.slice(2)
const state = await openSteps(rocksdb({ memoryBytes: 16 * 1024 * 1024 }), directory)
const at = stepOf(state, Number(padding))
if (at.kind !== 'consistent') throw new Error(`the state is ${at.kind}`)
for (let step = at.step + 1; ; step++) {
  await applyStep(state, step, Number(padding))
  writeSync(1, `${step}\n`)
}
