import {
  type KStream,
  type KTable,
  type Serde,
  serdes,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'
import type { TestDriverOptions } from './driver/driver-options.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

export type Rows = KTable<string, string>

/** The default of apps: more than any of these tests holds back. */
export const LARGE: number = 10 * 1024 * 1024

/** A topology from the topic `in` to the topic `out`, both of text. */
export function textTopology(
  tableOf: (stream: KStream<string, string>) => Rows | KStream<string, string>,
): Topology {
  const builder = new StreamsBuilder()
  const made = tableOf(builder.stream('in', TEXT))
  const out = 'toStream' in made ? made.toStream() : made
  out.to('out')
  return builder.build()
}

/** Puts values behind each other; the value `x` deletes the row. */
export const APPEND: {
  readonly value: Serde<string>
  readonly init: () => string
  readonly add: (key: string, value: string, row: string) => string | null
} = {
  value: serdes.string,
  init: () => '',
  add: (_key, value, row) => (value === 'x' ? null : row + value),
}

/**
 * What comes out, commit by commit. An input is `key,value,timestamp`, and has its number as a header; an
 * output is `key value @timestamp h<number>`.
 */
export async function outputsByCommit(
  topology: Topology,
  phases: readonly (readonly string[])[],
  options: TestDriverOptions & { readonly read?: string } = {},
): Promise<readonly string[][]> {
  const { read = 'out', ...rest } = options
  const driver = await TopologyTestDriver.create(topology, {
    cacheMaxBytes: LARGE,
    commit: 'manual',
    ...rest,
  })
  const input = driver.input('in', TEXT)
  const output = driver.output(read, { key: serdes.string, value: serdes.bytes })
  const outputs: string[][] = []
  let number = 0
  for (const phase of phases) {
    for (const line of phase) {
      const [key = '', value = '', timestampMs] = line.split(',')
      await input.pipe(key, value === 'null' ? null : value, {
        timestampMs: Number(timestampMs),
        headers: [{ key: 'h', value: Buffer.from(String(number++)) }],
      })
    }
    await driver.commit()
    outputs.push(
      output.readRecords().map(({ key, value, timestampMs, headers }) => {
        const tags = headers.map((header) => `h${Buffer.from(header.value ?? []).toString()}`)
        return [key, textOf(value), `@${timestampMs}`, ...tags].join(' ')
      }),
    )
  }
  await driver.close()
  return outputs
}

/** A change as `(new<-old)`, as it is in a repartition topic of a grouped table; else text. */
function textOf(value: Uint8Array | null): string {
  if (value === null) return 'null'
  const bytes = Buffer.from(value)
  const last = bytes.at(-1)
  if (last === 0) return `(null<-${bytes.toString('utf8', 0, bytes.length - 1)})`
  if (last === 1) return `(${bytes.toString('utf8', 0, bytes.length - 1)}<-null)`
  if (last !== 2) return bytes.toString()
  const length = (bytes[0] ?? 0) >> 1
  return `(${bytes.toString('utf8', 1, 1 + length)}<-${bytes.toString('utf8', 1 + length, bytes.length - 1)})`
}
