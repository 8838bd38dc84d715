import type { KStream } from '@millrace/core'
import type { BuildContext, OperatorFamily } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import type { NodeOf, SourceSpec, SplitSpec } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'
import { fieldOf, partsOf } from './text.ts'

type AnyStream = KStream<unknown, unknown>

/** Sources, sinks and what keeps no state. */
export const streamOperators: OperatorFamily<
  | 'stream'
  | 'map'
  | 'flatMap'
  | 'flatMapValues'
  | 'merge'
  | 'selectKey'
  | 'repartition'
  | 'split'
  | 'to'
> = {
  stream: addStream,
  map: addMapping,
  flatMap: addMapping,
  flatMapValues: addMapping,
  merge: addPassing,
  selectKey: addPassing,
  repartition: addPassing,
  split: addSplit,
  to: addSink,
}

const TEXT = { key: keySerde, value: valueSerdes.string }

function addStream(build: BuildContext, node: SourceSpec): void {
  const { id, topic, serde, timestampField } = node
  build.inputs.set(topic, serde)
  const stream = build.builder.stream(topic, {
    key: keySerde,
    value: valueSerdes[serde],
    ...(timestampField === undefined
      ? {}
      : { timestampExtractor: ({ value }) => timeIn(value, timestampField) }),
  })
  build.add(id, { kind: 'stream', stream, serde })
}

/** Field n of a value as a time; -1 if it is no decimal. */
function timeIn(value: unknown, n: number): number {
  const field = fieldOf(value, n)
  return field !== null && /^-?[0-9]+$/.test(field) ? Number(field) : -1
}

/** Operators whose result is a stream of texts. */
function addMapping(build: BuildContext, node: NodeOf<'map' | 'flatMap' | 'flatMapValues'>): void {
  const stream = mapped(build.stream(node.from), node)
  build.add(node.id, { kind: 'stream', stream, serde: 'string' })
}

function mapped(input: AnyStream, node: NodeOf<'map' | 'flatMap' | 'flatMapValues'>): AnyStream {
  switch (node.op) {
    case 'map':
      return input.map((key, value) => [node.key(key, value), node.value(key, value)], TEXT)
    case 'flatMap':
      return input.flatMap(
        (key, value) =>
          partsOf(value, node.split).map((part) => [node.key(key, part), node.value(key, part)]),
        TEXT,
      )
    case 'flatMapValues':
      return input.flatMapValues((value) => partsOf(value, node.split), TEXT)
  }
}

/** Operators that keep the values and so their type. */
function addPassing(
  build: BuildContext,
  node: NodeOf<'merge' | 'selectKey' | 'repartition'>,
): void {
  const [first = ''] = typeof node.from === 'string' ? [node.from] : node.from
  const { serde } = build.node(first)
  build.add(node.id, { kind: 'stream', stream: passing(build, node), serde })
}

function passing(
  build: BuildContext,
  node: NodeOf<'merge' | 'selectKey' | 'repartition'>,
): AnyStream {
  switch (node.op) {
    case 'merge': {
      const [first, ...rest] = node.from.map((id) => build.stream(id))
      if (first === undefined) throw new ScenarioError(build.scenario, `${node.id} merges nothing`)
      return rest.reduce((merged, other) => merged.merge(other), first)
    }
    case 'selectKey':
      return build.stream(node.from).selectKey(node.key, { key: keySerde })
    case 'repartition': {
      const { serde } = build.node(node.from)
      return build.stream(node.from).repartition({ key: keySerde, value: valueSerdes[serde] })
    }
  }
}

function addSplit(build: BuildContext, { id, from, branches, defaultId }: SplitSpec): void {
  const { serde } = build.node(from)
  const [first, ...rest] = branches
  if (first === undefined) throw new ScenarioError(build.scenario, `${id} has no branches`)
  const split = build.stream(from).split({ name: `split-${id}-` })
  let branched = split.branch(first.id, first.when)
  for (const branch of rest) branched = branched.branch(branch.id, branch.when)
  const made: Readonly<Record<string, AnyStream>> =
    defaultId === undefined ? branched.noDefault() : branched.default(defaultId)
  for (const [name, stream] of Object.entries(made)) {
    build.add(name, { kind: 'stream', stream, serde })
  }
}

function addSink(build: BuildContext, { from, topic }: NodeOf<'to'>): void {
  const { serde } = build.node(from)
  build.outputs.set(topic, serde)
  build.stream(from).to(topic, { key: keySerde, value: valueSerdes[serde] })
}
