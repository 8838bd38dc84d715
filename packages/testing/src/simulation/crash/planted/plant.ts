import { registerHooks } from 'node:module'
import { PLANTED_BUGS } from './bugs.ts'

/** Names the bug; for the processes of one test. */
export const PLANTED_BUG_VARIABLE = 'MILLRACE_PLANTED_BUG'

/**
 * Loaded before the simulator (`--import`): changes sources while they are loaded, so that the
 * bug is in the real code and nowhere on the disk. A text that is not there any more is an error: the
 * bug has to be planted anew.
 */
function plant(name: string): void {
  const bug = PLANTED_BUGS[name]
  if (bug === undefined) throw new TypeError(`there is no planted bug ${name}`)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const patches = bug.patches.filter(({ file }) => url.endsWith(`/packages/${file}`))
      if (patches.length === 0) return loaded
      let source = textOf(loaded.source)
      for (const { file, find, replace } of patches) {
        const parts = source.split(find)
        if (parts.length !== 2) {
          throw new Error(
            `planted bug ${name}: ${file} has its text ${parts.length - 1} times: ${find}`,
          )
        }
        source = parts.join(replace)
      }
      return { ...loaded, source }
    },
  })
}

function textOf(source: unknown): string {
  if (typeof source === 'string') return source
  if (source instanceof Uint8Array) return Buffer.from(source).toString('utf8')
  throw new TypeError('a module without a source')
}

const asked = process.env[PLANTED_BUG_VARIABLE]
if (asked !== undefined) plant(asked)
