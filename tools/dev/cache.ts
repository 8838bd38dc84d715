import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where what is fetched or built once for all clones is kept. The `dev` script follows the same rule. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MILLRACE_CACHE) return env.MILLRACE_CACHE
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace')
}
