const WORD_CHARACTER = /^[\p{L}\p{M}\p{N}]$/u
const APOSTROPHES: ReadonlySet<string> = new Set(["'", '’'])

/**
 * Counts the words of the whole text, one character after the other. It shares no code with the
 * topology, which splits single lines with one expression: what both agree on is not a slip of one.
 */
export function recount(content: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  let word = ''
  let apostrophe = ''
  for (const character of content) {
    if (WORD_CHARACTER.test(character)) {
      word += apostrophe + character
      apostrophe = ''
    } else if (word !== '' && apostrophe === '' && APOSTROPHES.has(character)) {
      apostrophe = character // belongs to the word only if a letter follows
    } else {
      add(counts, word)
      word = ''
      apostrophe = ''
    }
  }
  add(counts, word)
  return counts
}

export function totalOf(counts: ReadonlyMap<string, number>): number {
  let total = 0
  for (const count of counts.values()) total += count
  return total
}

function add(counts: Map<string, number>, word: string): void {
  if (word === '') return
  const key = word.toLowerCase()
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
