import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../dev/cache.ts'
import { StepError } from '../dev/step-error.ts'

const run = promisify(execFile)

export const CONFLUENT_CLIENT = '@confluentinc/schemaregistry'
const VERSION = '1.10.1'
/** 170 MB on a slow line; a broken one must not hold a test run up for ever. */
const INSTALL_TIMEOUT_MS = 10 * 60_000

async function install(target: string): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true })
  const work = await mkdtemp(`${target}.tmp-`)
  try {
    await writeFile(join(work, 'package.json'), '{"private":true}\n')
    const args = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `${CONFLUENT_CLIENT}@${VERSION}`,
    ]
    await run('npm', args, { cwd: work, timeout: INSTALL_TIMEOUT_MS }).catch((error: unknown) => {
      const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
      throw new StepError(`npm could not install ${CONFLUENT_CLIENT}.`, {
        cause: error,
        output,
        hint: 'Check that npm reaches its registry (npm config get registry).',
      })
    })
    // Another clone may have been faster: its files are the same, so whichever comes first stays.
    await rename(work, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * The file that Confluent's own client is required from, in the cache, where npm puts it the first time. Not a
 * dependency of the project: 286 packages that every clone would have to install, for a comparison.
 */
export async function ensureConfluentClient(): Promise<string> {
  const target = join(cacheFolder(), 'confluent-schemaregistry', VERSION)
  if (!existsSync(target)) await install(target)
  return createRequire(join(target, 'package.json')).resolve(CONFLUENT_CLIENT)
}
