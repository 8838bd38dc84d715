import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../dev/cache.ts'
import { StepError } from '../dev/step-error.ts'
import { KAFKA_VERSION } from './kafka-version.ts'

const run = promisify(execFile)

const JARS = [
  ['org.apache.kafka', 'kafka_2.13', KAFKA_VERSION],
  ['org.apache.kafka', 'kafka-tools', KAFKA_VERSION],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.3'],
] as const

/** Maven on a slow line; a broken one must not hold a test run up for ever. */
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000
const MINIMUM_JAVA = 17

function pom(): string {
  const dependencies = JARS.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
      `<version>${version}</version></dependency>`,
  )
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>dev.millrace</groupId><artifactId>broker</artifactId><version>1</version>',
    `<packaging>pom</packaging><dependencies>${dependencies.join('')}</dependencies></project>`,
  ].join('\n')
}

/** The major version that `java -version` prints, where 1.8 means 8; undefined for other output. */
export function javaMajorFrom(output: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(output)
  return match?.[1] === undefined ? undefined : Number(match[1])
}

const INSTALL_HINT =
  'Install a JDK and Maven (Debian: apt-get install openjdk-17-jre-headless maven), ' +
  'or start a Docker engine, or set KAFKA_BROKERS to a broker that runs already.'

async function assertJava(): Promise<void> {
  const output = await run('java', ['-version']).then(
    ({ stderr, stdout }) => stderr + stdout,
    () => undefined,
  )
  if (output === undefined)
    throw new StepError('There is no `java` on PATH.', { hint: INSTALL_HINT })
  const major = javaMajorFrom(output)
  if (major !== undefined && major < MINIMUM_JAVA) {
    const found = `\`java\` is version ${String(major)}; Kafka ${KAFKA_VERSION} needs ${String(MINIMUM_JAVA)}.`
    throw new StepError(found, { hint: INSTALL_HINT })
  }
}

async function download(target: string): Promise<void> {
  const parent = join(target, '..')
  await mkdir(parent, { recursive: true })
  const work = await mkdtemp(`${target}.tmp-`)
  try {
    await writeFile(join(work, 'pom.xml'), pom())
    const args = ['-q', '-B', '-f', join(work, 'pom.xml'), 'dependency:copy-dependencies']
    args.push('-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'jars')}`)
    await run('mvn', args, { timeout: DOWNLOAD_TIMEOUT_MS }).catch((error: unknown) => {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (missing) throw new StepError('There is no `mvn` on PATH.', { hint: INSTALL_HINT })
      throw new StepError('Maven could not fetch the jars of Apache Kafka.', {
        cause: error,
        output: error instanceof Error && 'stdout' in error ? String(error.stdout) : '',
        hint: 'Check that Maven reaches Maven Central or a mirror of it (settings.xml).',
      })
    })
    // Another clone may have been faster: its jars are the same, so whichever comes first stays.
    await rename(join(work, 'jars'), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The folder that holds the jars of one Kafka broker, fetched from Maven Central the first time. */
export async function ensureKafkaJars(): Promise<string> {
  await assertJava()
  const target = join(cacheFolder(), 'kafka-jars', KAFKA_VERSION)
  if (!existsSync(target)) await download(target)
  return target
}
