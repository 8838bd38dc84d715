import type { ProcessingGuarantee } from '@millrace/core'
import type { Ledger } from './ledger.ts'

/** A word whose updates are not exactly 1, 2, 3, …, n. */
export interface Fault {
  readonly word: string
  /** How often the text has it. */
  readonly expected: number
  /** Its last count; 0 when it has none. */
  readonly counted: number
  readonly lost: number
  readonly duplicated: number
}

export interface Verdict {
  /** Of the text. */
  readonly words: number
  readonly lost: number
  readonly duplicated: number
  /** Largest difference first. Empty if and only if the output is exactly right. */
  readonly faults: readonly Fault[]
}

/**
 * Compares what the topology wrote with the text. The last count of a word is not enough: an update
 * that was lost and one that came twice can cancel out. So each word must have gone 1, 2, 3, …, n.
 */
export function judge(expected: ReadonlyMap<string, number>, seen: Ledger): Verdict {
  const faults: Fault[] = []
  for (const word of new Set([...expected.keys(), ...seen.words])) {
    const fault = faultOf(word, expected.get(word) ?? 0, seen.updatesOf(word))
    if (fault !== undefined) faults.push(fault)
  }
  faults.sort((a, b) => b.lost + b.duplicated - (a.lost + a.duplicated))
  return {
    words: sum([...expected.values()]),
    lost: sum(faults.map((fault) => fault.lost)),
    duplicated: sum(faults.map((fault) => fault.duplicated)),
    faults,
  }
}

function faultOf(word: string, expected: number, updates: readonly number[]): Fault | undefined {
  const isRegular = updates.every((count, index) => count === index + 1)
  if (isRegular && updates.length === expected) return undefined
  const counted = updates.at(-1) ?? 0
  const distinct = new Set(updates)
  const largest = updates.reduce((max, count) => Math.max(max, count), 0)
  const due = [...distinct].filter((count) => count >= 1 && count <= expected).length
  return {
    word,
    expected,
    counted,
    lost: Math.max(expected - due, expected - counted),
    duplicated: Math.max(updates.length - distinct.size, largest - expected, 0),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** The last line of the demo. */
export function verdictLine(
  { words, lost, duplicated }: Verdict,
  guarantee: ProcessingGuarantee,
  kills: number,
): string {
  const name = guarantee === 'exactly_once_v2' ? 'exactly-once' : 'at-least-once'
  return `${name}: ${words} words, ${lost} lost, ${duplicated} duplicated, ${kills} kills`
}

/** The lines above it: what differs. */
export function faultLines({ faults }: Verdict, limit = 10): string[] {
  const lines = faults.slice(0, limit).map(({ word, expected, counted, lost, duplicated }) => {
    const what = [
      ...(lost > 0 ? [`${lost} lost`] : []),
      ...(duplicated > 0 ? [`${duplicated} duplicated`] : []),
    ]
    const how = what.length > 0 ? what.join(', ') : 'updates out of order'
    return `  ${word}: ${expected} in the text, counted ${counted} (${how})`
  })
  if (faults.length > limit) lines.push(`  … and ${faults.length - limit} more words`)
  return lines
}
