import { type BuildContext, type OperatorFamily, storedAs } from './build-context.ts'
import type { NodeOf } from './scenario-node.ts'

export const tableTableJoinOperators: OperatorFamily<'joinTables' | 'joinForeignKey'> = {
  joinTables: addJoinTables,
  joinForeignKey: addForeignKeyJoin,
}

/** Two tables joined by their keys. Without `store` no option is given, so that the result is a view. */
function addJoinTables(build: BuildContext, node: NodeOf<'joinTables'>): void {
  const { table: left, windowed } = build.table(node.from)
  const right = build.table(node.with).table
  const options = node.store === undefined ? {} : storedAs(node, 'string')
  const joiner = (l: unknown, r: unknown): unknown => node.joiner(null, l, r)
  const table =
    node.type === 'inner'
      ? left.join(right, joiner, options)
      : node.type === 'left'
        ? left.leftJoin(right, joiner, options)
        : left.outerJoin(right, joiner, options)
  build.add(node.id, { kind: 'table', table, serde: 'string', windowed })
}

function addForeignKeyJoin(build: BuildContext, node: NodeOf<'joinForeignKey'>): void {
  const { table: left, windowed } = build.table(node.from)
  const right = build.table(node.with).table
  const options = {
    ...storedAs(node, 'string'),
    foreignKey: (value: unknown, key: unknown) => node.foreignKey(key, value),
  }
  const joiner = (l: unknown, r: unknown): unknown => node.joiner(null, l, r)
  const table =
    node.type === 'inner'
      ? left.join(right, joiner, options)
      : left.leftJoin(right, joiner, options)
  build.add(node.id, { kind: 'table', table, serde: 'string', windowed })
}
