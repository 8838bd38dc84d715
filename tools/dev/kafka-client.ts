import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { cacheFolder } from './cache.ts'
import { inRoot, ROOT } from './repository.ts'
import { capture, mustRun } from './run-program.ts'
import { StepError } from './step-error.ts'
import { step } from './steps.ts'
import { BUILD_PACKAGES, ensureSystemPackages } from './system-packages.ts'

/**
 * The native half of the Kafka client. Building it takes minutes, so what was built, or downloaded,
 * once is kept for every clone of this user: one copy per version, ABI and platform.
 */
const PACKAGE = '@confluentinc/kafka-javascript'
const FOLDER = inRoot('node_modules', PACKAGE)
const BUILD = join(FOLDER, 'build')
const KEY_FILE = join(BUILD, 'millrace-key')

/** The download is 10 MB; a network that swallows packets must not hold the build up for longer. */
const DOWNLOAD_TIMEOUT_MS = 60_000

export interface Target {
  readonly version: string
  /** `process.versions.modules`: an addon runs only on the ABI that it was built for. */
  readonly abi: string
  readonly platform: string
  readonly arch: string
  readonly libc: 'glibc' | 'musl' | 'none'
}

export function cacheKey(target: Target): string {
  const { version, abi, platform, arch, libc } = target
  return `${version}-abi${abi}-${platform}-${arch}-${libc}`
}

function libcOfThisNode(): Target['libc'] {
  if (process.platform !== 'linux') return 'none'
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
}

function targetOfThisNode(): Target {
  // npm's own metadata, of which only the version is read.
  const manifest = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as {
    version: string
  }
  return {
    version: manifest.version,
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
    libc: libcOfThisNode(),
  }
}

/** In a process of its own: an addon that fails to load cannot be loaded again by the same one. */
async function whyItDoesNotLoad(): Promise<string | undefined> {
  const script = `require(${JSON.stringify(FOLDER)}).librdkafkaVersion.length`
  const { status, output } = await capture([process.execPath, '-e', script], { cwd: ROOT })
  return status === 0 ? undefined : output
}

async function copyFromCache(cached: string, key: string): Promise<void> {
  await rm(BUILD, { recursive: true, force: true })
  await cp(cached, BUILD, { recursive: true })
  await writeFile(KEY_FILE, key)
}

/** What is needed to run: the addon, and librdkafka's libraries where they are not linked into it. */
async function copyToCache(cached: string): Promise<void> {
  await mkdir(dirname(cached), { recursive: true })
  const work = await mkdtemp(`${cached}.tmp-`)
  try {
    for (const [folder, suffix] of [
      ['Release', /\.node$/],
      ['deps', /\.so\.\d+$|\.\d+\.dylib$/],
    ] as const) {
      const files = existsSync(join(BUILD, folder)) ? await readdir(join(BUILD, folder)) : []
      for (const file of files.filter((name) => suffix.test(name))) {
        await mkdir(join(work, folder), { recursive: true })
        await cp(join(BUILD, folder, file), join(work, folder, file), { dereference: true })
      }
    }
    await rename(work, cached)
  } catch (error) {
    await rm(work, { recursive: true, force: true })
    // Two clones that finish together: the other's copy is as good.
    if (!existsSync(cached)) throw error
  }
}

async function download(): Promise<boolean> {
  const program = createRequire(join(FOLDER, 'package.json')).resolve(
    '@mapbox/node-pre-gyp/bin/node-pre-gyp',
  )
  const command = [process.execPath, program, 'install']
  const { status } = await capture(command, { cwd: FOLDER, timeoutMs: DOWNLOAD_TIMEOUT_MS })
  return status === 0 && (await whyItDoesNotLoad()) === undefined
}

/** The environment in which the client compiles without downloading anything itself. */
export function buildEnvironment(
  env: NodeJS.ProcessEnv,
  nodePrefix: string | undefined,
): NodeJS.ProcessEnv {
  // With JOBS set, make runs librdkafka's build beside its own configure, and fails.
  const dynamic = { ...env, JOBS: undefined, CKJS_LINKING: 'dynamic' }
  return nodePrefix === undefined ? dynamic : { ...dynamic, npm_config_nodedir: nodePrefix }
}

/** Where the headers of this Node are; without them node-gyp downloads them. */
function headersPrefix(): string | undefined {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'common.gypi')) ? prefix : undefined
}

async function build(): Promise<void> {
  if (process.platform === 'linux') await ensureSystemPackages(BUILD_PACKAGES)
  await rm(BUILD, { recursive: true, force: true })
  await mustRun(['npm', 'run', 'install', '--build-from-source'], {
    cwd: FOLDER,
    env: buildEnvironment(process.env, headersPrefix()),
    hint: 'The lines above are from the compiler; docs/development.md has a section on this build.',
  })
}

async function obtain(): Promise<string> {
  if (await download()) return 'downloaded'
  await build()
  const reason = await whyItDoesNotLoad()
  if (reason !== undefined) {
    throw new StepError('The Kafka client was built but does not load.', {
      output: reason,
      hint: 'Check that the Node on PATH is the one that built it, then delete node_modules and try again.',
    })
  }
  return 'built from source'
}

/** Puts the addon for this Node into node_modules, from the cache if it is there. */
export async function ensureKafkaClient(): Promise<void> {
  const key = cacheKey(targetOfThisNode())
  const isInPlace = existsSync(KEY_FILE) && readFileSync(KEY_FILE, 'utf8') === key
  const cached = join(cacheFolder(), 'kafka-client', key)
  const isQuick = isInPlace || existsSync(cached)
  const title = isQuick ? 'Kafka client' : 'Kafka client (once: the build takes some minutes)'
  await step(title, async () => {
    if (isInPlace) return 'up to date'
    if (existsSync(cached)) {
      await copyFromCache(cached, key)
      if ((await whyItDoesNotLoad()) === undefined) return 'from the cache'
      await rm(cached, { recursive: true, force: true })
    }
    const how = await obtain()
    await copyToCache(cached)
    await copyFromCache(cached, key)
    return how
  })
}
