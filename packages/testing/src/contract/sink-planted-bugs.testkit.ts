import type { MemoryHarnessOptions } from './memory-sink.testkit.ts'
import type { SinkPatch } from './planted-sink.testkit.ts'
import { EFFECT_BUGS } from './sink-planted-effect-bugs.testkit.ts'

/** A bug, and the cases that must fail with it. */
export interface PlantedSinkBug {
  readonly patches: readonly SinkPatch[]
  /** @defaultValue the transactional sink */
  readonly harness?: MemoryHarnessOptions
  /** Titles. */
  readonly caughtBy: readonly string[]
}

const WRITER = 'memory-sink-writer.ts'
const TARGET = 'memory-target.ts'
const CONNECTION = 'memory-connection.ts'
const SINK = 'memory-sink.ts'

const FENCE = 'stored?.epoch !== this.#epoch || stored.next !== batch.from'
const COMMIT_CHECK = '!transaction.isOpen || stored?.epoch !== epoch'
const UNKNOWN_CHECK = 'if (this.#isOutcomeUnknown && this.#isStored(batch)) return'
const REJECT = 'else await control.reject(record, rejection(record, refusal))'

/** Of a target with transactions, but for {@link EFFECT_BUGS}. */
export const PLANTED_SINK_BUGS: Readonly<Record<string, PlantedSinkBug>> = {
  ...EFFECT_BUGS,
  'no-fence': {
    patches: [
      { file: WRITER, find: FENCE, replace: 'stored?.next !== batch.from' },
      { file: TARGET, find: COMMIT_CHECK, replace: '!transaction.isOpen || stored === undefined' },
    ],
    caughtBy: [
      'a partition that is lost does not concern the others of its process',
      'a second claim of the same process fences the first',
      'a writer whose successor has claimed is fenced, and writes nothing',
      'a zombie that stalls after-commit while its successor claims repeats and loses nothing',
      'a zombie that stalls before-commit while its successor claims repeats and loses nothing',
      'a zombie that stalls before-write while its successor claims repeats and loses nothing',
    ],
  },
  'from-is-not-compared': {
    patches: [{ file: WRITER, find: FENCE, replace: 'stored?.epoch !== this.#epoch' }],
    caughtBy: [
      'a batch that begins after the position is refused, and nothing of it written',
      'a batch that begins before the position is refused, wherever its records begin',
      'what a new writer writes again has its effect once',
      'what the same writer writes again has its effect once',
    ],
  },
  'from-is-compared-with-records': {
    patches: [
      {
        file: WRITER,
        find: FENCE,
        replace: 'stored?.epoch !== this.#epoch || stored.next > batch.firstOffset',
      },
    ],
    caughtBy: [
      'a batch that begins after the position is refused, and nothing of it written',
      'a batch that begins before the position is refused, wherever its records begin',
    ],
  },
  'rows-are-written-before-the-position': {
    patches: [
      {
        file: WRITER,
        find: 'this.#checkFence(batch)\n',
        replace: 'this.#checkFence(batch)\n      connection.target.apply(records)\n',
      },
      { file: WRITER, find: 'to: batch.to, records }', replace: 'to: batch.to, records: [] }' },
    ],
    caughtBy: [
      'a batch whose connection is cut before-commit has its effect once when it is tried again',
      'a write that hangs before-commit ends soon when its signal aborts',
      'a write that hangs before-commit ends soon when its writer is closed',
      'a writer that is killed before-commit leaves its successor the position of what it wrote',
    ],
  },
  'the-position-is-written-before-the-rows': {
    patches: [
      { file: WRITER, find: 'to: batch.to, records }', replace: 'to: batch.to, records: [] }' },
      {
        file: WRITER,
        find: "await connection.step({ ...call, step: 'after-commit' })\n    this.#isOutcomeUnknown = false",
        replace:
          "await connection.step({ ...call, step: 'after-commit' })\n    connection.target.apply(records)\n    this.#isOutcomeUnknown = false",
      },
    ],
    caughtBy: [
      'a batch whose connection is cut after-commit has its effect once when it is tried again',
      'a write that hangs after-commit ends soon when its signal aborts',
      'a write that hangs after-commit ends soon when its writer is closed',
      'a writer that is killed after-commit leaves its successor the position of what it wrote',
      'a writer whose outcome is unknown is fenced when another has gone on',
    ],
  },
  'the-position-is-the-last-offset-plus-1': {
    patches: [{ file: WRITER, find: 'to: batch.to,', replace: 'to: batch.lastOffset + 1,' }],
    caughtBy: ['positions lie between records: gaps before, in and after a batch'],
  },
  'an-unknown-outcome-is-not-looked-up': {
    patches: [{ file: WRITER, find: UNKNOWN_CHECK, replace: '' }],
    caughtBy: [
      'a batch whose connection is cut after-commit has its effect once when it is tried again',
    ],
  },
  'an-unknown-outcome-is-taken-for-done': {
    patches: [{ file: WRITER, find: UNKNOWN_CHECK, replace: 'if (this.#isOutcomeUnknown) return' }],
    caughtBy: [
      'a batch whose connection is cut after-commit has its effect once when it is tried again',
      'a batch whose connection is cut before-commit has its effect once when it is tried again',
      'a writer whose outcome is unknown is fenced when another has gone on',
      'a writer whose successor has claimed is fenced, and writes nothing',
      'a zombie that stalls before-write while its successor claims repeats and loses nothing',
    ],
  },
  'an-unknown-outcome-is-looked-up-by-the-last-record': {
    patches: [
      {
        file: WRITER,
        find: 'stored?.next === to',
        replace: '(stored?.next ?? 0) > batch.lastOffset',
      },
    ],
    caughtBy: ['a writer whose outcome is unknown is fenced when another has gone on'],
  },
  'a-write-is-acknowledged-before-the-commit': {
    patches: [
      {
        file: WRITER,
        find: 'await this.#writeInTransaction(batch, control, call)',
        replace: 'void this.#writeInTransaction(batch, control, call).catch(() => undefined)',
      },
    ],
    caughtBy: ['a batch is in the target when its write resolves'],
  },
  'a-claim-passes-an-open-transaction': {
    patches: [
      {
        file: WRITER,
        find: '() => connection.target.tryClaim(place, initialOffset, connection.nowMs)',
        replace: '() => connection.target.tryClaim(place, initialOffset, Infinity)',
      },
      { file: TARGET, find: COMMIT_CHECK, replace: 'stored === undefined' },
      { file: TARGET, find: 'transaction.isOpen = false', replace: '' },
    ],
    caughtBy: [
      'a zombie that stalls before-commit while its successor claims repeats and loses nothing',
    ],
  },
  'the-initial-offset-counts-more': {
    patches: [
      { file: TARGET, find: 'next: stored?.next ?? initialOffset', replace: 'next: initialOffset' },
    ],
    caughtBy: [
      'a write that hangs after-commit ends soon when its signal aborts',
      'a write that hangs after-commit ends soon when its writer is closed',
      'a writer that is killed after-commit leaves its successor the position of what it wrote',
      'a writer whose outcome is unknown is fenced when another has gone on',
      'a zombie that stalls after-commit while its successor claims repeats and loses nothing',
      'a zombie that stalls before-commit while its successor claims repeats and loses nothing',
    ],
  },
  'positions-have-32-bits': {
    patches: [{ file: TARGET, find: 'stored.next = to', replace: 'stored.next = to | 0' }],
    caughtBy: ['offsets above 2^32 are kept exactly'],
  },
  'partitions-share-a-position': {
    patches: [
      {
        file: TARGET,
        find: '`${sinkId}/${topic}/${partition}`',
        replace: '`${sinkId}/${topic}/${partition > 99}`',
      },
    ],
    caughtBy: [
      'a partition that is lost does not concern the others of its process',
      'partitions of several topics are written at the same time, each by its own position',
    ],
  },
  'topics-share-a-position': {
    patches: [
      {
        file: TARGET,
        find: '`${sinkId}/${topic}/${partition}`',
        replace: '`${sinkId}/${topic.length < 0}/${partition}`',
      },
    ],
    caughtBy: [
      'partitions of several topics are written at the same time, each by its own position',
    ],
  },
  'sinks-share-a-position': {
    patches: [
      {
        file: TARGET,
        find: '`${sinkId}/${topic}/${partition}`',
        replace: '`${sinkId.length < 0}/${topic}/${partition}`',
      },
    ],
    caughtBy: ['sinks of other ids have positions of their own'],
  },
  'a-rejection-is-not-waited-for': {
    patches: [
      {
        file: WRITER,
        find: REJECT,
        replace:
          'else void control.reject(record, rejection(record, refusal)).catch(() => undefined)',
      },
    ],
    caughtBy: [
      'a batch whose dead letter was not written is written again by the same writer',
      'a write waits for its dead letters',
      'a write whose dead letter is not written fails with its error, and moves no position',
    ],
  },
  'a-rejection-is-forgotten': {
    patches: [{ file: WRITER, find: REJECT, replace: '' }],
    caughtBy: [
      'a batch of which all is refused moves the position',
      'a batch whose dead letter was not written is written again by the same writer',
      'a record that the target refuses is rejected once, and the rest of its batch written',
      'a write waits for its dead letters',
      'a write whose dead letter is not written fails with its error, and moves no position',
      'the first and the last record of a batch may be refused, and neighbours',
    ],
  },
  'a-rejection-ends-its-batch': {
    patches: [
      {
        file: WRITER,
        find: REJECT,
        replace: 'else { await control.reject(record, rejection(record, refusal)); break }',
      },
    ],
    caughtBy: [
      'a batch of which all is refused moves the position',
      'a batch whose dead letter was not written is written again by the same writer',
      'a record that the target refuses is rejected once, and the rest of its batch written',
      'a write waits for its dead letters',
      'a write whose dead letter is not written fails with its error, and moves no position',
      'the first and the last record of a batch may be refused, and neighbours',
    ],
  },
  'a-rejection-has-no-cause': {
    patches: [{ file: WRITER, find: 'cause: new Error(refusal),', replace: '' }],
    caughtBy: [
      'a batch of which all is refused moves the position',
      'a record that the target refuses is rejected once, and the rest of its batch written',
      'the first and the last record of a batch may be refused, and neighbours',
    ],
  },
  'a-batch-without-records-moves-no-position': {
    patches: [
      {
        file: WRITER,
        find: 'const transaction = await',
        replace: 'if (records.length === 0) return\n    const transaction = await',
      },
    ],
    caughtBy: ['a batch of which all is refused moves the position'],
  },
  'signals-are-ignored': {
    patches: [
      {
        file: WRITER,
        find: 'const signals = [control.signal, this.#closed.signal]',
        replace: 'const signals = [this.#closed.signal]',
      },
    ],
    caughtBy: [
      'a write that hangs after-commit ends soon when its signal aborts',
      'a write that hangs before-commit ends soon when its signal aborts',
      'a write that hangs before-write ends soon when its signal aborts',
      'a write whose signal has aborted already is not acknowledged',
    ],
  },
  'a-closed-writer-writes': {
    patches: [{ file: WRITER, find: 'this.#closed.abort()', replace: '' }],
    caughtBy: [
      'a sink that is closed has closed its writers',
      'a write that hangs after-commit ends soon when its writer is closed',
      'a write that hangs before-commit ends soon when its writer is closed',
      'a write that hangs before-write ends soon when its writer is closed',
      'a writer that is closed writes nothing',
    ],
  },
  'a-closed-sink-leaves-its-writers': {
    patches: [{ file: SINK, find: 'await writer.close()', replace: '' }],
    caughtBy: ['a sink that is closed has closed its writers'],
  },
  'a-target-that-is-away-is-fatal': {
    patches: [{ file: CONNECTION, find: "'MR_SINK_UNAVAILABLE'", replace: "'MR_SINK_FAILED'" }],
    caughtBy: [
      'a batch whose connection is cut after-commit has its effect once when it is tried again',
      'a batch whose connection is cut before-commit has its effect once when it is tried again',
      'a batch whose connection is cut before-write has its effect once when it is tried again',
      'a claim of a target that is away says soon that it may be tried again',
      'a sink opens again after its target was away',
      'a write to a target that is away says soon that it may be tried again',
    ],
  },
  'records-are-written-in-reverse': {
    patches: [
      {
        file: TARGET,
        find: 'for (const record of records)',
        replace: 'for (const record of records.toReversed())',
      },
    ],
    caughtBy: [
      'as many batches as it says may be under way at a time',
      'records without a key become what the harness says',
      'the effects of a key come in the order of indexes, at one offset',
      'the effects of a key come in the order of offsets',
    ],
  },
}
