const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export type Colour = keyof typeof CODES

/** Colours a text, or leaves it as it is. */
export type Paint = (text: string, colour: Colour) => string

export const plain: Paint = (text) => text

export const coloured: Paint = (text, colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m`

/** A terminal that has not opted out (see no-color.org). */
export function paintFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Paint {
  return isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? coloured : plain
}
