import assert from 'node:assert/strict'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Serde } from '../serde/serde.ts'
import { serdes } from '../serde/serdes.ts'
import type { Sink } from '../sink/sink.ts'
import type { BuildOptions } from '../topology/build-options.ts'
import type { ExternalSink, Topology } from '../topology/topology-node.ts'
import type { KStream } from './kstream.ts'
import { StreamsBuilder } from './streams-builder.ts'
import { unreadSink } from './unread-sink.testkit.ts'

export const text: { readonly key: Serde<string>; readonly value: Serde<string> } = {
  key: serdes.string,
  value: serdes.string,
}
export const yes = (): boolean => true
export const upper = (value: string): string => value.toUpperCase()
export const sink: Sink<string, string> = unreadSink<string, string>('jdbc')
export const nothing = (): undefined => undefined

export type Define = (builder: StreamsBuilder, orders: KStream<string, string>) => void

/** A topology with `orders` read by the source `read`. */
export function build(define: Define, options: BuildOptions = {}): Topology {
  const builder = new StreamsBuilder()
  define(builder, builder.stream('orders', { ...text, name: 'read' }))
  return builder.build(options)
}

/** What `build` says of it. */
export function problems(define: Define, options: BuildOptions = {}): string {
  try {
    build(define, options)
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
    return error.message.replace('Invalid topology: ', '')
  }
  return 'none'
}

/** `source[topics] > operator > …`, by sink. */
export function chains({ externalSinks }: Topology): Readonly<Record<string, string>> {
  return Object.fromEntries(externalSinks.map((one) => [one.name, chain(one)]))
}

function chain({ nodes, parents }: ExternalSink): string {
  const shown = nodes.map((node) =>
    node.kind === 'source' && !(node.topics instanceof RegExp)
      ? `${node.name}[${node.topics.join()}]`
      : node.name,
  )
  return `${shown.join(' > ')} (${parents.join()})`
}

/** Names of what is in tasks. */
export function inTasks({ subtopologies }: Topology): readonly string[] {
  return subtopologies.flatMap(({ nodes }) => nodes.map(({ name }) => name))
}
