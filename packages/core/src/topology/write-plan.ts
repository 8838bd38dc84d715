import { assertNever } from '../base/assert.ts'
import { failOnInvalidTimestamp } from '../time/timestamp-extractor.ts'
import type { Assembly } from './assembly.ts'
import { missingSerde } from './missing-serde.ts'
import { dropNullKeys, keepNullKeys } from './drop-null-keys.ts'
import type {
  ExternalSinkPlan,
  OperatorSettings,
  OperatorStore,
  PlanNode,
  ProcessorPlan,
  RepartitionPlan,
  SinkPlan,
  StreamJoinPlan,
  StreamJoinSidePlan,
  TableFacet,
  TableJoinPlan,
  TablePlan,
  TableSourcePlan,
  ViewSupplier,
} from './plan-node.ts'
import { REPARTITION_TOPIC_CONFIG } from './repartition-topic-config.ts'
import { sinkTopicName } from './external-sinks.ts'
import type { TableResolution } from './table-resolution.ts'
import type { ProcessorNode } from './topology-node.ts'
import { windowedPartitioner } from './windowed-partitioner.ts'

export interface WriteTarget {
  readonly assembly: Assembly
  readonly tables: TableResolution
  /** Repartitions among them keep null keys. */
  readonly aboveNullKeyJoins: ReadonlySet<PlanNode>
  /** True: a stored `table()` has its topic for its changelog. */
  readonly reusesSourceTopics: boolean
}

/** Adds the physical nodes of one plan node, whose parents are there already. */
export function writePlanNode(
  node: PlanNode,
  parents: readonly string[],
  target: WriteTarget,
): void {
  const { assembly, tables, aboveNullKeyJoins } = target
  switch (node.kind) {
    case 'source':
      assembly.checkSerdes(node.name, node)
      assembly.addSource(node)
      return
    case 'table-source':
      writeTableSource(node, target)
      return
    case 'global-store':
      assembly.checkSerdes(node.source.name, node.source)
      assembly.addGlobalStore(node)
      return
    case 'read-only-store':
      assembly.checkSerdes(node.source.name, node.source)
      assembly.addReadOnlyStore(node)
      return
    case 'processor':
      writeProcessor(node, parents, { assembly, tables })
      return
    case 'stream-join':
      writeStreamJoin(node, assembly)
      return
    case 'table-join':
      writeTableJoin(node, assembly, tables)
      return
    case 'repartition':
      writeRepartition(node, parents, { assembly, keepsNullKeys: aboveNullKeyJoins.has(node) })
      return
    case 'sink':
      writeSink(node, parents, assembly)
      return
    case 'external-sink':
      writeSinkTopic(node, parents, assembly)
      return
    case 'store':
      assembly.addStore(node.name, node.store)
      return
    default:
      assertNever(node)
  }
}

function writeSink(node: SinkPlan, parents: readonly string[], assembly: Assembly): void {
  assembly.checkSerdes(node.name, node)
  const partitioner = node.partitioner ?? windowedPartitioner(node.keySerde)
  assembly.addSink({ ...node, parents, partitioner })
}

/** What an external sink is written from where it cannot be from the topics above. */
function writeSinkTopic(
  node: ExternalSinkPlan,
  parents: readonly string[],
  assembly: Assembly,
): void {
  const { name, keySerde, valueSerde, partitioner } = node
  const topic = sinkTopicName(name)
  const config = REPARTITION_TOPIC_CONFIG
  assembly.addRepartitionTopic(name, { name: topic, partitions: undefined, config })
  assembly.checkSerdes(name, node, ` for the topic '${topic}'`)
  assembly.addSink({
    name: topic,
    parents,
    topic,
    keySerde,
    valueSerde,
    partitioner: partitioner ?? windowedPartitioner(keySerde),
  })
}

function writeTableSource(
  node: TableSourcePlan,
  { assembly, tables, reusesSourceTopics }: WriteTarget,
): void {
  assembly.checkSerdes(node.source.name, node.source)
  assembly.addSource(node.source)
  const supplier = node.operator(tables.settings(node))
  assembly.addProcessor({ name: node.name, parents: [node.source.name], supplier })
  if (!tables.isStored(node)) return
  addTableStore(node.name, node.table, assembly)
  if (reusesSourceTopics) reuseSourceTopic(node, assembly)
}

function reuseSourceTopic({ source, table }: TableSourcePlan, assembly: Assembly): void {
  const { topics, keySerde, valueSerde, name } = source
  if (topics instanceof RegExp || table.store === undefined) return
  const { store } = table
  const hasSourceSerdes = store.keySerde === keySerde && store.valueSerde === valueSerde
  for (const topic of topics) {
    const serdes = hasSourceSerdes ? undefined : store
    assembly.connectSource({ store: store.builder.name, source: name, topic, serdes })
  }
}

function writeProcessor(
  node: ProcessorPlan,
  parents: readonly string[],
  { assembly, tables }: { assembly: Assembly; tables: TableResolution },
): void {
  const settings = tables.settings(node)
  addOperator(node, parents, node.operator(settings), assembly)
  if (node.table !== undefined && settings.isStored) addTableStore(node.name, node.table, assembly)
  checkSerdesOfTables(node, assembly)
  for (const store of node.keeps ?? []) addOperatorStore(node.name, store, assembly)
  for (const store of node.stores) {
    if (typeof store !== 'string') assembly.addStore(node.name, store)
    assembly.connect(node.name, typeof store === 'string' ? store : store.name)
  }
  for (const { table, wants } of node.uses) {
    if (wants !== 'rows') continue
    connectRows(node.name, settings.getter(table), assembly)
    if (node.rowsWaitMs !== undefined) checkHistory(node, settings, table, assembly)
  }
}

/** Kafka Streams: `StreamTableJoinNode`. */
function checkHistory(
  { name, rowsWaitMs = 0 }: ProcessorPlan,
  settings: OperatorSettings,
  table: TablePlan,
  { problems, stores }: Assembly,
): void {
  if (!settings.isVersioned(table)) {
    problems.push(`${name}: a join with a grace period needs a versioned table`)
    return
  }
  for (const store of settings.getter(table).storeNames) {
    const historyMs = stores.get(store)?.historyMs ?? 0
    if (historyMs >= rowsWaitMs) continue
    problems.push(
      `${name}: the history of the table's store '${store}' must be at least as long as the grace period`,
    )
  }
}

function addOperator(
  { name, takesDroppedOf, sinksByName }: ProcessorPlan,
  parents: readonly string[],
  supplier: ProcessorNode['supplier'],
  assembly: Assembly,
): void {
  if (takesDroppedOf === undefined) {
    const sinks = sinksByName === undefined ? {} : { sinksByName }
    assembly.addProcessor({ name, parents, supplier, ...sinks })
  } else {
    const dropping = droppingOperators(takesDroppedOf, assembly)
    const from = dropping.length > 0 ? dropping : parents
    assembly.addProcessor({ name, parents: from, supplier, takesDropped: true })
  }
}

function droppingOperators(
  names: readonly (readonly string[])[],
  assembly: Assembly,
): readonly string[] {
  const found = names.map((some) => some.find((name) => assembly.has(name)))
  return [...new Set(found.filter((name) => name !== undefined))]
}

function checkSerdesOfTables(node: ProcessorPlan, assembly: Assembly): void {
  for (const { node: table, key, value } of node.needsSerdesOf ?? []) {
    const known = { keySerde: key ?? missingSerde, valueSerde: value ?? missingSerde }
    assembly.checkSerdes(table.name, known, ` for the join ${node.name}`)
  }
}

function writeStreamJoin(node: StreamJoinPlan, assembly: Assembly): void {
  const { name, windowed, left, right, merge, selfJoin } = node
  if (!assembly.has(windowed.right.name)) {
    writeJoinSide({ name, ...selfJoin }, windowed.left, assembly)
    return
  }
  writeJoinSide(left, windowed.left, assembly)
  writeJoinSide(right, windowed.right, assembly)
  assembly.addProcessor({ name, parents: [left.name, right.name], supplier: merge })
}

function writeJoinSide(side: StreamJoinSidePlan, above: ProcessorPlan, assembly: Assembly): void {
  const { name, supplier, stores } = side
  assembly.addProcessor({ name, parents: [above.name], supplier })
  for (const store of stores) {
    assembly.addStore(name, store)
    assembly.connect(name, store.name)
  }
}

function writeTableJoin(node: TableJoinPlan, assembly: Assembly, tables: TableResolution): void {
  const { name, left, right, merge } = node
  const settings = tables.settings(node)
  for (const side of [left, right]) {
    const parents = [side.table.name]
    assembly.addProcessor({ name: side.name, parents, supplier: side.operator(settings) })
  }
  const parents = [left.name, right.name]
  assembly.addProcessor({ name, parents, supplier: merge(settings) })
  if (settings.isStored) addTableStore(name, node.table, assembly)
  connectRows(left.name, settings.getter(right.table), assembly)
  connectRows(right.name, settings.getter(left.table), assembly)
}

function connectRows(operator: string, rows: ViewSupplier, assembly: Assembly): void {
  for (const store of rows.storeNames) assembly.connect(operator, store)
}

function addTableStore(operator: string, table: TableFacet, assembly: Assembly): void {
  if (table.store !== undefined && table.kind !== 'merged')
    addOperatorStore(operator, table.store, assembly)
}

function addOperatorStore(operator: string, store: OperatorStore, assembly: Assembly): void {
  const { builder, valueOption } = store
  assembly.checkSerdes(operator, store, ` for the store '${builder.name}'`, valueOption)
  assembly.addStore(operator, store.builder)
  assembly.connect(operator, store.builder.name)
}

function writeRepartition(
  node: RepartitionPlan,
  parents: readonly string[],
  { assembly, keepsNullKeys }: { assembly: Assembly; keepsNullKeys: boolean },
): void {
  const { topic, keySerde, valueSerde, partitioner } = node
  assembly.addRepartitionTopic(node.name, {
    name: topic,
    partitions: node.partitions,
    config: REPARTITION_TOPIC_CONFIG,
  })
  assembly.checkSerdes(parents.join(', '), node, ` for the repartition topic '${topic}'`)
  if (node.filterName !== undefined) {
    const supplier = keepsNullKeys ? keepNullKeys : dropNullKeys
    assembly.addProcessor({ name: node.filterName, parents, supplier })
  }
  const above = node.filterName === undefined ? parents : [node.filterName]
  assembly.addSink({
    name: node.sinkName,
    parents: above,
    topic,
    keySerde,
    valueSerde,
    partitioner,
  })
  assembly.addSource({
    name: node.sourceName,
    topics: [topic],
    keySerde,
    valueSerde,
    timestampExtractor: failOnInvalidTimestamp,
    autoOffsetReset: undefined,
  })
}
