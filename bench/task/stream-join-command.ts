import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inMemory, joinWindows, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import type { ConsumedRecord } from '@millrace/core/internal'
import { rocksdb } from '@millrace/state-rocksdb'
import { UsageError } from '../run/run-options.ts'
import { runTaskLoop } from './task-loop.ts'

type Kind = 'inner' | 'left' | 'outer'

const KINDS: ReadonlySet<string> = new Set<Kind>(['inner', 'left', 'outer'])
const START_MS = 1_700_000_000_000
/** Event time: ten records a millisecond, so a window of a second before and after has 20,000. */
const RECORDS_PER_MS = 10
const WINDOW = '1 second'
/** What an app at 100,000 records a second processes in its commit interval. */
const RECORDS_PER_COMMIT = 10_000
const VALUE = Buffer.from('v'.repeat(50))

/**
 * `bench stream-join`: one task that joins two streams, in this process and without a broker. Prints a JSON
 * line: on a busy machine the CPU time is the number to look at.
 */
export async function streamJoin(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      records: { type: 'string', default: '1000000' },
      keys: { type: 'string', default: '10000' },
      kind: { type: 'string', default: 'inner' },
      store: { type: 'string', default: 'memory' },
    },
  })
  const { kind, store } = values
  const [records, keys] = [Number(values.records), Number(values.keys)]
  if (!(records > 0) || !(keys > 0)) throw new UsageError('--records and --keys must be > 0')
  if (!KINDS.has(kind)) throw new UsageError(`--kind ${kind} is none of ${[...KINDS].join(', ')}`)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-stream-join-'))
  const counts = { results: 0 }
  try {
    const result = await runTaskLoop({
      topology: topologyOf(kind as Kind, counts), // has been checked
      backend: store === 'rocksdb' ? rocksdb() : inMemory(),
      directory,
      records,
      recordsPerCommit: RECORDS_PER_COMMIT,
      record: inputOf(keys),
    })
    const line = { kind, store, records, keys, results: counts.results, ...result }
    process.stdout.write(`${JSON.stringify(line)}\n`)
    return 0
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function topologyOf(kind: Kind, counts: { results: number }): Topology {
  const builder = new StreamsBuilder()
  const text = { key: serdes.string, value: serdes.string }
  const [left, right] = [builder.stream('left', text), builder.stream('right', text)]
  const both = (one: string | null, other: string | null): string => `${one}${other}`
  const options = { within: joinWindows(WINDOW, { grace: 0 }), value: serdes.string }
  const joined = {
    inner: () => left.join(right, both, options),
    left: () => left.leftJoin(right, both, options),
    outer: () => left.outerJoin(right, both, options),
  }[kind]()
  joined.foreach(() => {
    counts.results++
  })
  return builder.build()
}

/** Left and right in turn, of keys that a fixed seed picks. */
function inputOf(keys: number): (index: number) => ConsumedRecord {
  const names = Array.from({ length: keys }, (_, i) => Buffer.from(`key-${i}`))
  let state = 1
  return (index) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return {
      topic: index % 2 === 0 ? 'left' : 'right',
      partition: 0,
      offset: 0,
      timestamp: START_MS + Math.floor(index / RECORDS_PER_MS),
      key: names[(state >>> 8) % keys] ?? null,
      value: VALUE,
      headers: [],
    }
  }
}
