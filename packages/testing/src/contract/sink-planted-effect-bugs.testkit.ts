import type { PlantedSinkBug } from './sink-planted-bugs.testkit.ts'

const WRITER = 'memory-sink-writer.ts'
const TARGET = 'memory-target.ts'

/** Of targets whose effects are once by identity or by key, and of the order of batches. */
export const EFFECT_BUGS: Readonly<Record<string, PlantedSinkBug>> = {
  'a-batch-overtakes-one-that-failed': {
    harness: { tier: 'idempotent', maxBatchesInFlight: 4 },
    patches: [{ file: WRITER, find: 'await lane.turn()', replace: '' }],
    caughtBy: [
      'a batch that is cut before-commit is not overtaken by those under way behind it',
      'a batch that is cut before-write is not overtaken by those under way behind it',
    ],
  },
  'a-batch-overtakes-one-whose-outcome-is-unknown': {
    harness: { tier: 'idempotent', maxBatchesInFlight: 4, keeps: 'last-per-key' },
    patches: [
      {
        file: WRITER,
        find: 'this.#applyOnce(batch, records)\n',
        replace: 'this.#applyOnce(batch, records)\n      lane.leave(true)\n',
      },
    ],
    caughtBy: ['a batch that is cut after-commit is not overtaken by those under way behind it'],
  },
  'the-first-of-a-key-stays': {
    harness: { keeps: 'last-per-key' },
    patches: [
      {
        file: TARGET,
        find: 'this.#rows.delete(row)',
        replace: 'if (isKeyed && record.value !== null && this.#rows.has(row)) return',
      },
    ],
    caughtBy: [
      'as many batches as it says may be under way at a time',
      'the effects of a key come in the order of indexes, at one offset',
      'the effects of a key come in the order of offsets',
      'tombstones become what the harness says',
    ],
  },
  'tombstones-are-rows': {
    harness: { keeps: 'last-per-key' },
    patches: [{ file: TARGET, find: '!isKeyed || record.value !== null', replace: 'true' }],
    caughtBy: ['tombstones become what the harness says'],
  },
  'nothing-tells-records-apart': {
    harness: { tier: 'idempotent' },
    patches: [{ file: TARGET, find: 'if (this.#identities.has(identity)) return', replace: '' }],
    caughtBy: [
      'a batch whose connection is cut after-commit has its effect once when it is tried again',
      'a write that hangs after-commit ends soon when its signal aborts',
      'a write that hangs after-commit ends soon when its writer is closed',
      'a writer that is killed after-commit leaves its successor the position of what it wrote',
      'records that come again in other batches have their effect once',
      'what a new writer writes again has its effect once',
    ],
  },
  'indexes-are-not-told-apart': {
    harness: { tier: 'idempotent' },
    patches: [{ file: WRITER, find: '/${offset}/${index}`', replace: '/${offset}/${index < 0}`' }],
    caughtBy: [
      'records of one offset are told apart by their index',
      'the effects of a key come in the order of indexes, at one offset',
    ],
  },
  'keys-are-another-for-each-writer': {
    harness: { tier: 'at-least-once' },
    patches: [
      {
        file: WRITER,
        find: 'return `${this.#partition.sinkId}/',
        replace: 'return `${String(this.#random)}/',
      },
      {
        file: WRITER,
        find: '#isOutcomeUnknown = false\n\n',
        replace: '#isOutcomeUnknown = false\n  #random = Math.random()\n\n',
      },
    ],
    caughtBy: [
      'a write that hangs after-commit ends soon when its signal aborts',
      'a write that hangs after-commit ends soon when its writer is closed',
      'a writer that is killed after-commit leaves its successor the position of what it wrote',
      'records that come again in other batches have their effect once',
      'what a new writer writes again has its effect once',
      'what a zombie writes late its successor writes as well, with the effect once',
    ],
  },
  'keys-are-another-for-each-attempt': {
    harness: { tier: 'at-least-once', alignedBatches: true },
    patches: [
      {
        file: WRITER,
        find: 'const key = `${sinkId}/',
        replace: 'const key = `${Math.random()}/${sinkId}/',
      },
    ],
    caughtBy: [
      'a batch whose connection is cut after-commit has its effect once when it is tried again',
      'a write that hangs after-commit ends soon when its signal aborts',
      'a write that hangs after-commit ends soon when its writer is closed',
      'a writer that is killed after-commit leaves its successor the position of what it wrote',
      'what a new writer writes again has its effect once',
      'what a zombie writes late its successor writes as well, with the effect once',
    ],
  },
  'an-emission-is-not-waited-for': {
    harness: { emitsTo: 'taken' },
    patches: [
      {
        file: WRITER,
        find: 'await this.#emit(kept, control)',
        replace: 'void this.#emit(kept, control).catch(() => undefined)',
      },
    ],
    caughtBy: [
      'a write waits until what it emits is in the topic',
      'a write whose emission fails fails with its error, and has its effect once',
    ],
  },
}
