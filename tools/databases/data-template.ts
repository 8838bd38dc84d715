import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chownSync, existsSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../dev/cache.ts'
import { StepError } from '../dev/step-error.ts'
import type { DatabaseEngine } from './database-engine.ts'

const run = promisify(execFile)

/** It takes one or two seconds. */
const INITIALISE_TIMEOUT_MS = 120_000

const outputOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error && 'stdout' in error
    ? `${String(error.stdout)}${String(error.stderr)}`
    : String(error)

/** A new folder with files of the engine's and more, in the system's temporary one, for the server's user. */
export async function temporaryFolder(
  engine: DatabaseEngine,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `millrace-${engine.key}-`))
  const paths = [folder]
  for (const [name, content] of Object.entries({ ...engine.files, ...more })) {
    const path = join(folder, name)
    // PostgreSQL takes no key that others may read.
    writeFileSync(path, content, { mode: 0o600 })
    paths.push(path)
  }
  if (engine.user !== undefined) {
    for (const path of paths) chownSync(path, engine.user.uid, engine.user.gid)
  }
  return folder
}

async function initialise(engine: DatabaseEngine, target: string): Promise<void> {
  const work = await temporaryFolder(engine)
  const parent = join(target, '..')
  await mkdir(parent, { recursive: true })
  const copy = await mkdtemp(`${target}.tmp-`)
  try {
    const [program = '', ...args] = engine.initialise(join(work, 'data'), work)
    const options = { cwd: work, timeout: INITIALISE_TIMEOUT_MS, ...engine.user }
    await run(program, args, options).catch((error: unknown) => {
      throw new StepError(`The data folder of ${engine.name} could not be made.`, {
        output: outputOf(error),
        hint: 'The lines above say why; a full disk is the usual reason.',
      })
    })
    await run('cp', ['-a', join(work, 'data'), join(copy, 'data')])
    // Another process may have been faster: its folder is as good.
    await rename(join(copy, 'data'), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(copy, { recursive: true, force: true })
    await rm(work, { recursive: true, force: true })
  }
}

/** The place in the cache: one for each program, version, user and way to initialise. */
function templateFolder(engine: DatabaseEngine): string {
  const key = JSON.stringify([engine.version, engine.user, engine.initialise('data', 'folder')])
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16)
  return join(cacheFolder(), 'database-templates', `${engine.key}-${hash}`)
}

/**
 * Makes `data` the data folder of a server that has never run: a copy of one in the cache, which is
 * several times faster than to initialise it.
 */
export async function copyTemplate(engine: DatabaseEngine, data: string): Promise<void> {
  const template = templateFolder(engine)
  if (!existsSync(template)) await initialise(engine, template)
  await run('cp', ['-a', template, data])
}
