import { registerHooks } from 'node:module'

/** A change of a file in `sink/` that makes the memory sink wrong. */
export interface SinkPatch {
  readonly file: string
  /** Must be there once. */
  readonly find: string
  readonly replace: string
}

const PARAMETER = 'planted'
const planted = new Map<string, readonly SinkPatch[]>()

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context)
    const name = nameIn(context.parentURL)
    if (name === undefined || !isOfTheSink(resolved.url)) return resolved
    return { ...resolved, url: `${resolved.url}?${PARAMETER}=${name}` }
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const name = nameIn(url)
    const patches = name === undefined ? undefined : planted.get(name)
    const own = (patches ?? []).filter(({ file }) => new URL(url).pathname.endsWith(`/${file}`))
    if (own.length === 0) return loaded
    let source = textOf(loaded.source)
    for (const { file, find, replace } of own) {
      const parts = source.split(find)
      if (parts.length !== 2) {
        throw new Error(`${file} has the text of ${name ?? ''} ${parts.length - 1} times: ${find}`)
      }
      source = parts.join(replace)
    }
    return { ...loaded, source }
  },
})

/** The memory sink and its harness, loaded once more with a bug in it; nothing on the disk changes. */
export async function plantInSink(
  name: string,
  patches: readonly SinkPatch[],
): Promise<typeof import('./memory-sink.testkit.ts')> {
  planted.set(name, patches)
  const url = new URL(`memory-sink.testkit.ts?${PARAMETER}=${name}`, import.meta.url)
  return (await import(url.href)) as typeof import('./memory-sink.testkit.ts')
}

function nameIn(url: string | undefined): string | undefined {
  if (url?.includes(`?${PARAMETER}=`) !== true) return undefined
  return new URL(url).searchParams.get(PARAMETER) ?? undefined
}

function isOfTheSink(url: string): boolean {
  return url.includes('/testing/src/sink/')
}

function textOf(source: unknown): string {
  if (typeof source === 'string') return source
  if (source instanceof Uint8Array) return Buffer.from(source).toString('utf8')
  throw new TypeError('a module without a source')
}
