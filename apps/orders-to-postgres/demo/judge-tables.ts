import type { Judgement } from '@millrace/trial'
import type { PrintedRow } from './recount.ts'

/** A row with what names it. The same name comes twice when the table has it twice. */
export type NamedRow = readonly [name: string, row: PrintedRow]

export type TableDifferences = Omit<Judgement, 'notes'>

/**
 * Compares a table with what it must hold. A row that is missing, or that is not as it must be, is lost: an order
 * without its last change. A row too many is duplicated, and so is an order that was cancelled and is there.
 */
export function judgeTable(
  table: string,
  expected: ReadonlyMap<string, PrintedRow>,
  found: readonly NamedRow[],
): TableDifferences {
  const rows = rowsByName(found)
  const lost = [...expected]
    .filter(([name, row]) => !(rows.get(name) ?? []).includes(row))
    .map(([name, row]) => `lost: ${table} must have ${name} as ${row}${insteadOf(rows.get(name))}`)
  const tooMany = [...rows]
    .map(([name, all]) => [name, all.length - (expected.has(name) ? 1 : 0)] as const)
    .filter(([, count]) => count > 0)
  return {
    lost: lost.length,
    duplicated: tooMany.reduce((sum, [, count]) => sum + count, 0),
    differences: [
      ...lost,
      ...tooMany.map(([name, count]) => `duplicated: ${table} has ${name}, ${count} too many`),
    ],
  }
}

/** Both tables together. */
export function together(a: TableDifferences, b: TableDifferences): TableDifferences {
  return {
    lost: a.lost + b.lost,
    duplicated: a.duplicated + b.duplicated,
    differences: [...a.differences, ...b.differences],
  }
}

function insteadOf(rows: readonly PrintedRow[] | undefined): string {
  return rows === undefined ? '' : `, and has ${rows.join(' and ')}`
}

function rowsByName(rows: readonly NamedRow[]): ReadonlyMap<string, readonly PrintedRow[]> {
  const byName = new Map<string, PrintedRow[]>()
  for (const [name, row] of rows) {
    const same = byName.get(name)
    if (same === undefined) byName.set(name, [row])
    else same.push(row)
  }
  return byName
}
