import { type BuildContext, type OperatorFamily, storedAs } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import { processorOf } from './processors.ts'
import type { ProcessSpec } from './scenario-node.ts'

export const processOperators: OperatorFamily<'process'> = { process: addProcess }

/** Processors that make text of whatever they are given. */
const TEXT_PROCESSORS: ReadonlySet<ProcessSpec['fn']> = new Set<ProcessSpec['fn']>([
  'stream-time',
  'as-of',
  'previous',
  'punctuate-stream',
  'punctuate-wall',
])

function addProcess(build: BuildContext, node: ProcessSpec): void {
  // The store of a table is there already, and is asked for by its name.
  const isOfTable = node.fn === 'as-of'
  const store = node.store === undefined || isOfTable ? undefined : build.textStore(node.store)
  const serde = TEXT_PROCESSORS.has(node.fn) ? 'string' : build.node(node.from).serde
  const supplier = processorOf(node, (context) => {
    if (store === undefined) throw new ScenarioError(build.scenario, `${node.id} has no store`)
    return context.getStateStore(store)
  })
  const stream = build.stream(node.from).process(supplier, {
    ...storedAs({ store: undefined }, serde),
    stores: node.store === undefined ? [] : [store ?? node.store],
  })
  build.add(node.id, { kind: 'stream', stream, serde })
}
