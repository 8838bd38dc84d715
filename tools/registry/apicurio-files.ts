import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../dev/cache.ts'
import { StepError } from '../dev/step-error.ts'

const run = promisify(execFile)

export const APICURIO_VERSION = '3.3.3'
const ARTIFACT = `io.apicurio:apicurio-registry-app:${APICURIO_VERSION}:tar.gz:all`
/** 160 MB on a slow line; a broken one must not hold a test run up for ever. */
const DOWNLOAD_TIMEOUT_MS = 15 * 60_000

const HINT =
  'Install Maven (Debian: apt-get install maven), and check that it reaches Maven Central or a mirror of it (settings.xml).'

async function step(program: string, args: readonly string[], what: string): Promise<void> {
  await run(program, [...args], { timeout: DOWNLOAD_TIMEOUT_MS }).catch((error: unknown) => {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
    throw new StepError(what, { cause: error, output, hint: HINT })
  })
}

async function download(target: string): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true })
  const work = await mkdtemp(`${target}.tmp-`)
  try {
    // --strict-checksums: Maven compares the archive with the checksum that the repository has of it.
    const copy = ['-q', '-B', '--strict-checksums', 'dependency:copy', `-Dartifact=${ARTIFACT}`]
    copy.push(`-DoutputDirectory=${work}`)
    await step('mvn', copy, 'Maven could not fetch Apicurio Registry.')
    const archive = join(work, `apicurio-registry-app-${APICURIO_VERSION}-all.tar.gz`)
    const files = join(work, 'files')
    await mkdir(files)
    await step(
      'tar',
      ['-xzf', archive, '-C', files],
      'The archive of Apicurio Registry is damaged.',
    )
    // Another clone may have been faster: its files are the same, so whichever comes first stays.
    await rename(files, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The folder with `quarkus-run.jar`, fetched from Maven Central the first time. */
export async function ensureApicurio(): Promise<string> {
  const target = join(cacheFolder(), 'apicurio', APICURIO_VERSION)
  if (!existsSync(target)) await download(target)
  return target
}
