import type { DropReason } from '../processor/processor.ts'
import { type Produced, TopologyRunner } from '../topology/topology-runner.testkit.ts'
import { StreamsBuilder } from './streams-builder.ts'

export type Text = string | null

const bytes = (value: Text): Buffer | null => (value === null ? null : Buffer.from(value))

/** A topology of texts on one partition; what comes out is text: key, value, timestamp, headers if there are any. */
export class RunnerBed {
  readonly #runner: TopologyRunner

  constructor(build: (builder: StreamsBuilder) => unknown) {
    const builder = new StreamsBuilder()
    build(builder)
    this.#runner = new TopologyRunner(builder.build())
  }

  get dropped(): readonly DropReason[] {
    return this.#runner.dropped
  }

  /** Records of this topic: what they make come out, of all topics. */
  topic(
    topic: string,
  ): (key: Text, value: Text, timestampMs: number, header?: string) => readonly string[] {
    return (key, value, timestampMs, header) => {
      const headers = header === undefined ? [] : [{ key: 'h', value: bytes(header) }]
      this.#runner.pipe({ topic, key: bytes(key), value: bytes(value), timestampMs, headers })
      return this.#runner.produced.splice(0).map(textOf)
    }
  }
}

function textOf({ key, value, timestampMs, headers }: Produced): string {
  const header = headers.map((one) => ` ${String(one.value)}`).join('')
  return `${String(key)} ${String(value)} @${timestampMs}${header}`
}
