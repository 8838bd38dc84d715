import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { TrialFailure } from '@millrace/trial'

export interface Text {
  readonly name: string
  readonly content: string
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not permitted',
}

/** @throws TrialFailure when the file cannot be read, is empty, or is not UTF-8 */
export async function readText(path: string): Promise<Text> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new TrialFailure(
      `The text ${path} cannot be read: ${REASONS[code] ?? code}.`,
      'Give --file the path of a plain text, or leave it out for the text that ships with the demo.',
    )
  })
  const content = decode(bytes, path)
  if (content.trim() === '') {
    throw new TrialFailure(`The text ${path} is empty.`, 'Give --file a text with words in it.')
  }
  return { name: basename(path), content }
}

/** As they are fed: one record each. */
export function linesOf({ content }: Text): readonly string[] {
  const lines = content.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new TrialFailure(
      `The text ${path} is not UTF-8.`,
      'Convert it first, for example with: iconv -f latin1 -t utf-8',
    )
  }
}
