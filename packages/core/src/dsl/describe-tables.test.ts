import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { type Build, testDescriptions } from './describe-cases.testkit.ts'
import { FOREIGN_KEY_JOIN_CHAINS } from './describe-foreign-key-chains.testkit.ts'
import { FOREIGN_KEY_JOINS } from './describe-foreign-key-joins.testkit.ts'
import { TABLE_JOINS } from './describe-table-joins.testkit.ts'
import { TABLE_TRANSFORMS } from './describe-table-transforms.testkit.ts'
import type { KTable } from './ktable.ts'
import type { ValueTransformer } from './operators/table-transform-values.ts'
import type { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const yes = (): boolean => true
const keep = (v: string): string => v
const swap = (k: string, v: string): [string, string] => [v, k]
const join = (left: string | null, right: string | null): string => `${left}${right}`

const table = (b: StreamsBuilder, topic: string): KTable<string, string> => b.table(topic, text)
const out = (result: KTable<string, string>): void => {
  result.toStream().to('out', text)
}

const joins: Record<string, Build> = {
  'join of tables': (b) => {
    out(table(b, 'a').join(table(b, 'b'), join))
  },
  'left join of tables': (b) => {
    out(table(b, 'a').leftJoin(table(b, 'b'), join))
  },
  'outer join of tables': (b) => {
    out(table(b, 'a').outerJoin(table(b, 'b'), join))
  },
  'joins of tables, named': (b) => {
    const [left, right] = [table(b, 'a'), table(b, 'b')]
    out(left.join(right, join, { name: 'inner' }))
    out(left.leftJoin(right, join, { name: 'left' }))
    out(left.outerJoin(right, join, { name: 'outer' }))
  },
  'joins of tables, stored': (b) => {
    const [left, right] = [table(b, 'a'), table(b, 'b')]
    out(left.join(right, join, { ...text, store: 'joined' }))
    out(left.leftJoin(right, join, { ...text, name: 'left', store: 'left-joined' }))
  },
  'join of tables with serdes only': (b) => {
    out(table(b, 'a').join(table(b, 'b'), join, text))
  },
  'self-join of a table': (b) => {
    const rows = table(b, 'a')
    out(rows.join(rows, join))
  },
  'three-way join of tables': (b) => {
    out(table(b, 'a').join(table(b, 'b'), join).leftJoin(table(b, 'c'), join))
  },
  'join of views': (b) => {
    const left = table(b, 'a').filter(yes).mapValues(keep)
    const right = b.table('b', { ...text, store: 'rows' })
    out(left.outerJoin(right.mapValues(keep, { ...text, store: 'mapped' }), join))
  },
  'join of tables, grouped': (b) => {
    table(b, 'a').join(table(b, 'b'), join).groupBy(swap, text).count().toStream().to('out')
  },
  'join of aggregates behind repartition topics': (b) => {
    const counts = b
      .stream('a', text)
      .groupBy((_, v) => v, text)
      .count()
    const rows = b
      .stream('b', text)
      .selectKey((_, v) => v)
      .toTable(text)
    out(counts.join(rows, (n, v) => `${n}${v}`))
  },
}

testDescriptions('joins of tables', joins, TABLE_JOINS)

const foreignKey = keep

const foreignKeyJoins: Record<string, Build> = {
  'foreign-key join': (b) => {
    out(table(b, 'a').join(table(b, 'b'), join, { foreignKey }))
  },
  'foreign-key left join': (b) => {
    out(table(b, 'a').leftJoin(table(b, 'b'), join, { foreignKey }))
  },
  'foreign-key join, named': (b) => {
    out(table(b, 'a').join(table(b, 'b'), join, { foreignKey, name: 'fk' }))
  },
  'foreign-key left join, named and stored': (b) => {
    const options = { foreignKey, ...text, name: 'fk', store: 'joined' }
    out(table(b, 'a').leftJoin(table(b, 'b'), join, options))
  },
  'foreign-key join, stored': (b) => {
    out(table(b, 'a').join(table(b, 'b'), join, { foreignKey, ...text, store: 'joined' }))
  },
}

const foreignKeyJoinChains: Record<string, Build> = {
  'foreign-key join of a table with itself': (b) => {
    const rows = table(b, 'a')
    out(rows.join(rows, join, { foreignKey }))
  },
  'foreign-key join of views': (b) => {
    const left = table(b, 'a').filter(yes)
    out(left.leftJoin(table(b, 'b').mapValues(keep, text), join, { foreignKey }))
  },
  'foreign-key join of a foreign-key join, grouped': (b) => {
    table(b, 'a')
      .join(table(b, 'b'), join, { foreignKey, ...text })
      .join(table(b, 'c'), join, { foreignKey, ...text })
      .groupBy(swap, text)
      .count()
      .toStream()
      .to('out')
  },
  'foreign-key join joined by key': (b) => {
    const rows = table(b, 'a')
    out(rows.join(table(b, 'b'), join, { foreignKey, ...text }).join(rows, join))
  },
}

const transform = (): ValueTransformer<string, string, string> => ({
  transform: (value) => value,
})

const transforms: Record<string, Build> = {
  transformValues: (b) => {
    out(table(b, 'a').transformValues(transform))
  },
  'transformValues, named and stored, with a store': (b) => {
    b.addStateStore(stores.keyValue('memory', text))
    const options = { ...text, name: 'tv', store: 'kept', stores: ['memory'] }
    out(table(b, 'a').transformValues(transform, options))
  },
  'transformValues with serdes only': (b) => {
    out(table(b, 'a').transformValues(transform, text))
  },
  'join of a transformed view': (b) => {
    out(table(b, 'a').transformValues(transform).join(table(b, 'b'), join))
  },
  'toStream with another key': (b) => {
    table(b, 'a')
      .toStream((_, v) => v)
      .to('out', text)
  },
  'toStream with another key, named and grouped': (b) => {
    table(b, 'a')
      .toStream((_, v) => v, { name: 'ts' })
      .groupByKey(text)
      .count()
      .toStream()
      .to('out')
  },
  'versioned tables': (b) => {
    const left = b.table('a', { ...text, store: 'va', versioned: '1 hour' })
    const right = b.stream('b', text).toTable({ store: 'vb', versioned: '1 hour' })
    out(left.filter(yes).join(right, join))
  },
}

testDescriptions('transformed and versioned tables', transforms, TABLE_TRANSFORMS)
testDescriptions('foreign-key joins', foreignKeyJoins, FOREIGN_KEY_JOINS)
testDescriptions('chains of foreign-key joins', foreignKeyJoinChains, FOREIGN_KEY_JOIN_CHAINS)
