import { assert } from '../base/assert.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { OperatorSettings, PlanNode, TablePlan } from './plan-node.ts'

/**
 * Which tables are stored, and which send old values.
 *
 * Semantics: the uses of tables are replayed in the order in which the DSL made them, because in
 * Kafka Streams the order shows: a filter sends old values (and so no needless tombstones) only if
 * its parent was stored when the filter was made.
 */
export class TableResolution {
  readonly #stored = new Set<PlanNode>()
  readonly #oldValues = new Set<PlanNode>()

  constructor(nodes: readonly PlanNode[]) {
    for (const node of nodes) {
      if (isTable(node) && startsStored(node)) this.#stored.add(node)
      if (node.kind !== 'processor' && node.kind !== 'table-join') continue
      for (const { table, wants } of node.uses) {
        if (wants === 'rows') this.#store(table)
        else if (wants === 'old-values') this.#enableOldValues(table, true)
        else if (this.#enableOldValues(table, false)) this.#oldValues.add(node)
      }
    }
  }

  isStored(node: PlanNode): boolean {
    return this.#stored.has(node)
  }

  settings(node: PlanNode): OperatorSettings {
    return {
      isStored: this.#stored.has(node),
      sendsOldValues: this.#oldValues.has(node),
      getter: (table) => this.#getter(table),
      tableSendsOldValues: (table) => this.#oldValues.has(table),
      isVersioned,
    }
  }

  /** Kafka Streams' `KTableImpl.enableSendingOldValues`; `force` stores a source for it. */
  #enableOldValues(table: TablePlan, force: boolean): boolean {
    if (this.#oldValues.has(table)) return true
    const facet = table.table
    if (facet.kind === 'source') {
      if (!force && !this.#stored.has(table)) return false
      this.#stored.add(table)
    } else if (facet.kind === 'derived' && facet.store === undefined) {
      if (!this.#enableOldValues(facet.parent, force)) return false
    } else if (facet.kind === 'joined') {
      this.#enableOldValues(facet.left, true)
      this.#enableOldValues(facet.right, true)
    }
    this.#oldValues.add(table)
    return true
  }

  /** The sides of a join were stored when the join was made. */
  #store(table: TablePlan): void {
    if (table.table.kind === 'source') this.#stored.add(table)
    if (table.table.kind === 'derived' && table.table.store === undefined) {
      this.#store(table.table.parent)
    }
  }

  #getter(table: TablePlan): ValueGetterSupplier<unknown, unknown> {
    const facet = table.table
    if (facet.kind === 'derived' && facet.store === undefined) {
      return facet.view(this.#getter(facet.parent))
    }
    if (facet.kind === 'joined' && facet.store === undefined) {
      return facet.view(this.#getter(facet.left), this.#getter(facet.right))
    }
    assert(facet.store !== undefined && this.#stored.has(table), `${table.name} is not stored`)
    return facet.store.rows
  }
}

export function isTable(node: PlanNode): node is TablePlan {
  if (node.kind === 'processor') return node.table !== undefined
  return node.kind === 'table-source' || node.kind === 'table-join'
}

function startsStored({ table }: TablePlan): boolean {
  if (table.kind === 'source') return table.named
  return table.store !== undefined
}

/** Views inherit it; the result of a join is versioned only if its store is (KIP-914). */
export function isVersioned({ table }: TablePlan): boolean {
  if (table.store !== undefined) return table.store.isVersioned ?? false
  return table.kind === 'derived' && (table.isVersioned ?? isVersioned(table.parent))
}
