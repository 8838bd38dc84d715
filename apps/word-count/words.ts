/**
 * A word: letters, their marks, and digits of any script; apostrophes only inside ("don't"). Hyphens
 * and dashes end it, so that a line break cannot cut one in two.
 */
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu

/** The words of a line, in lower case, in their order. */
export function wordsOf(line: string): string[] {
  const words = line.match(WORD) ?? []
  return words.map((word) => word.toLowerCase())
}
