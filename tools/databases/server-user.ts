import { execFileSync } from 'node:child_process'

/** Whom a server runs as, when this process is root: PostgreSQL refuses root, MariaDB advises against it. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

function idOf(option: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(execFileSync('id', [option, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined // `id` does not know that user.
  }
}

/** The first of `names` that this system has; undefined when this process is not root. */
export function serverUser(names: readonly string[]): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of names) {
    const uid = idOf('-u', name)
    const gid = idOf('-g', name)
    if (uid !== undefined && gid !== undefined && uid !== 0) return { uid, gid }
  }
  throw new Error(`This system has none of the users ${names.join(', ')}`)
}
