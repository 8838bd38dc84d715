import { parseArgs } from 'node:util'

/** An option of a program; without a placeholder it is a switch. */
export interface Flag {
  readonly placeholder?: string
  readonly summary: string
}

export type Flags = Readonly<Record<string, Flag>>

export interface CommandLine {
  readonly values: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
  /** Everything that is wrong with the arguments, one sentence each. */
  readonly problems: readonly string[]
}

/** Reads `--name VALUE`, `--name=VALUE` and `--name`. Of an option given twice, the last counts. */
export function readCommandLine(args: readonly string[], flags: Flags): CommandLine {
  const values = new Map<string, string>()
  const switches = new Set<string>()
  const problems: string[] = []
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { placeholder }]) => [
      name,
      { type: placeholder === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`unexpected argument ${quote(token.value)}`)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
    if (flag === undefined) problems.push(`there is no option ${token.rawName}`)
    else if (flag.placeholder === undefined) {
      if (token.value === undefined) switches.add(token.name)
      else problems.push(`${token.rawName} takes no value`)
    } else if (token.value === undefined || token.value === '') {
      problems.push(`${token.rawName} needs a value: ${token.rawName} ${flag.placeholder}`)
    } else values.set(token.name, token.value)
  }
  return { values, switches, problems }
}

/** One line an option, aligned. */
export function helpOf(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { placeholder, summary }]) => ({
    usage: placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`,
    summary,
  }))
  const width = Math.max(...rows.map(({ usage }) => usage.length))
  return rows.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}\n`).join('')
}

/** A whole number within bounds, or undefined and a problem. */
export function wholeNumber(
  name: string,
  text: string,
  bounds: { readonly min: number; readonly max: number },
  problems: string[],
): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= bounds.min && value <= bounds.max) return value
  problems.push(
    `--${name} must be a whole number from ${bounds.min} to ${bounds.max}, not ${quote(text)}`,
  )
  return undefined
}

function quote(text: string): string {
  return JSON.stringify(text)
}
