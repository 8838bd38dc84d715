import type { PlantedBug } from './bugs.ts'

const PIPELINE = 'core/src/runtime/sink/partition-pipeline.ts'
const CUTTER = 'core/src/runtime/sink/batch-cutter.ts'
const WRITES = 'core/src/runtime/sink/batch-writes.ts'
const MEMBER = 'core/src/runtime/sink/sink-member.ts'
const REJECTED = 'core/src/runtime/sink/rejected-records.ts'

/** Ways to lose or repeat records on their way to a target outside Kafka. */
export const SINK_BUGS: Readonly<Record<string, PlantedBug>> = {
  'sink-offset-before-ack': {
    why: 'the group’s offset is what was processed, and a kill loses what the target has not acknowledged',
    topology: 'sink',
    patches: [
      {
        file: WRITES,
        find: 'return this.#window[0]?.batch.firstOffset ?? cutter.firstOffset ?? cutter.position',
        replace: 'return cutter.position',
      },
    ],
  },
  'sink-to-is-last-offset-plus-1': {
    why: 'the next batch begins at the position, and the target has another one',
    topology: 'sink',
    patches: [{ file: CUTTER, find: '      to,\n', replace: '      to: open.lastOffset + 1,\n' }],
  },
  'sink-position-of-target-ignored': {
    why: 'reading begins at the group’s offset, which is behind what the target has',
    topology: 'sink',
    patches: [
      {
        file: PIPELINE,
        find: 'const position = await this.#parts.readingStart(start, writer.position)',
        replace: 'const position = start.initialOffset',
      },
    ],
  },
  'sink-no-claim-after-rebalance': {
    why: 'the writer of an earlier assignment is used again, which another one has fenced',
    topology: 'sink',
    patches: [
      {
        file: PIPELINE,
        find: 'this.#claim = sink.claim({ topic, partition, initialOffset: start.initialOffset, signal })',
        replace:
          'sink.held ??= new Map()\n        const held = sink.held.get(`${topic}-${partition}`)\n        this.#claim = held ?? sink.claim({ topic, partition, initialOffset: start.initialOffset, signal })\n        sink.held.set(`${topic}-${partition}`, this.#claim)',
      },
    ],
  },
  'sink-failed-batch-forgotten': {
    why: 'a batch that failed is taken for written',
    topology: 'sink',
    patches: [
      {
        file: WRITES,
        find: 'if (isPassing) this.#failed(entry, failure)',
        replace: 'if (isPassing) this.#acknowledged(entry)',
      },
    ],
  },
  'sink-hands-over-behind-a-failure': {
    why: 'batches behind one that waits for its next attempt are written before it',
    topology: 'sink',
    patches: [
      {
        file: WRITES,
        find: 'if (scheduler.nowMs() < entry.notBeforeMs) return entry.notBeforeMs',
        replace: 'if (scheduler.nowMs() < entry.notBeforeMs) continue',
      },
    ],
  },
  'sink-aligned-batch-cut-by-time': {
    why: 'a batch with a key is cut elsewhere after a restart, and has another key',
    topology: 'sink',
    patches: [{ file: CUTTER, find: '|| aligned ? undefined', replace: '? undefined' }],
  },
  'sink-indexes-forgotten': {
    why: 'several records of one offset are taken for one',
    topology: 'sink',
    patches: [
      {
        file: CUTTER,
        find: 'open.records.push({ topic, partition, offset, index,',
        replace: 'open.records.push({ topic, partition, offset, index: index * 0,',
      },
    ],
  },
  'sink-repeated-by-client': {
    why: 'a record that the client gives again is written twice',
    topology: 'sink-aggregate',
    patches: [
      {
        file: PIPELINE,
        find: "this.#state !== 'reading' || record.offset < this.#nextOffset",
        replace: "this.#state !== 'reading'",
      },
    ],
  },
  'sink-dead-letter-not-awaited': {
    why: 'a kill loses the dead letter, and the position is beyond its record',
    topology: 'sink',
    seeds: 1500,
    patches: [
      {
        file: REJECTED,
        find: "if (decision === 'dead-letter') await this.#writeDeadLetter(raw, rejection, attempts)",
        replace:
          "if (decision === 'dead-letter') void this.#writeDeadLetter(raw, rejection, attempts).catch(() => undefined)",
      },
    ],
  },
  'sink-zombie-of-a-purge': {
    why: 'a member that stood still polls what its successor has purged, and the app ends',
    topology: 'sink-aggregate',
    seeds: 1500,
    patches: [
      {
        file: MEMBER,
        find: 'if (gone === undefined) {',
        replace: 'if (gone === undefined) return error; else if (gone === null) {',
      },
    ],
  },
  'sink-fence-tried-again': {
    why: 'a writer that was fenced tries for ever, though the partition is its own again',
    topology: 'sink',
    patches: [
      {
        file: 'core/src/runtime/sink/sink-error.ts',
        find: "error.action === 'retry' ||",
        replace: "error.action === 'retry' || error.action === 'fence' ||",
      },
    ],
  },
}
