import type { KStream } from '@millrace/core'
import { type BuildContext, storedAs } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import { processorOf } from './processors.ts'
import type { NodeOf, ProcessSpec, SourceSpec, SplitSpec } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'
import { fieldOf, partsOf } from './text.ts'

type AnyStream = KStream<unknown, unknown>

const TEXT = { key: keySerde, value: valueSerdes.string }

export function addStream(build: BuildContext, node: SourceSpec): void {
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
export function addMapping(
  build: BuildContext,
  node: NodeOf<'map' | 'flatMap' | 'flatMapValues'>,
): void {
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
export function addPassing(
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

export function addSplit(build: BuildContext, { id, from, branches, defaultId }: SplitSpec): void {
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

/** Processors that make text of whatever they are given. */
const TEXT_PROCESSORS: ReadonlySet<ProcessSpec['fn']> = new Set<ProcessSpec['fn']>([
  'stream-time',
  'as-of',
  'previous',
  'punctuate-stream',
  'punctuate-wall',
])

export function addProcess(build: BuildContext, node: ProcessSpec): void {
  const store = node.store === undefined ? undefined : build.textStore(node.store)
  const serde = TEXT_PROCESSORS.has(node.fn) ? 'string' : build.node(node.from).serde
  const supplier = processorOf(node, (context) => {
    if (store === undefined) throw new ScenarioError(build.scenario, `${node.id} has no store`)
    return context.getStateStore(store)
  })
  const stream = build.stream(node.from).process(supplier, {
    ...storedAs(undefined, serde),
    stores: store === undefined ? [] : [store],
  })
  build.add(node.id, { kind: 'stream', stream, serde })
}

export function addSink(build: BuildContext, { from, topic }: NodeOf<'to'>): void {
  const { serde } = build.node(from)
  build.outputs.set(topic, serde)
  build.stream(from).to(topic, { key: keySerde, value: valueSerdes[serde] })
}
