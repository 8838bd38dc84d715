import { WriteStream } from 'node:tty'

const CODES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33' } as const

export type Colour = keyof typeof CODES

/** Whether escape sequences may be written: a terminal that has not opted out (see no-color.org). */
export function isColourful(
  stream: NodeJS.WritableStream,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return stream instanceof WriteStream && !env.NO_COLOR && env.TERM !== 'dumb'
}

export function paint(text: string, colour: Colour, colourful: boolean): string {
  return colourful ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text
}
