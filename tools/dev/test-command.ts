import { ensureMariadb } from '../databases/mariadb-programs.ts'
import { ensurePostgres } from '../databases/postgres-programs.ts'
import { withBroker } from './broker-for-command.ts'
import { composeCommand } from './compose-broker.ts'
import { nodeCommand } from './node-command.ts'
import { ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'
import { step } from './steps.ts'
import { ensureSystemPackages, isRoot } from './system-packages.ts'

export const TEST_PATTERNS = [
  'packages/*/src/**/*.test.ts',
  'apps/*/**/*.test.ts',
  'tools/**/*.test.ts',
  'bench/**/*.test.ts',
  'e2e/**/*.test.ts',
] as const

/** The e2e tests share one broker: more files at once only wait for it, and for each other's CPU. */
const CONCURRENCY = 2

/** A test that hangs, a file that never ends: named in the summary instead of a build without one. */
const TIMEOUT_MS = 15 * 60_000

export const FIXED_OPTIONS: readonly string[] = [
  '--test',
  `--test-concurrency=${String(CONCURRENCY)}`,
  `--test-timeout=${String(TIMEOUT_MS)}`,
]

/** Node's options and file patterns; what starts with a dash is an option of `node --test`. */
export function testArguments(args: readonly string[]): string[] {
  const options = args.filter((arg) => arg.startsWith('-'))
  const patterns = args.filter((arg) => !arg.startsWith('-'))
  const files = patterns.length > 0 ? patterns : TEST_PATTERNS
  return [...FIXED_OPTIONS, ...options, ...files]
}

/** On a build machine, so that the compose files are checked there; elsewhere that test is skipped. */
async function ensureCompose(): Promise<void> {
  if (!process.env.CI || !isRoot() || (await composeCommand()) !== undefined) return
  await step('docker-compose, to check the compose files', async () => {
    // Without it one test is skipped and says so: no reason to run none of the others.
    const installed = await ensureSystemPackages(['docker-compose']).catch(() => undefined)
    return installed === undefined ? 'not available' : 'installed'
  })
}

/**
 * For all tests, so that a long download is seen where it happens. For a few, those that need a
 * server see to it: the others are not to wait.
 */
async function ensureDatabases(args: readonly string[]): Promise<void> {
  if (args.some((arg) => !arg.startsWith('-'))) return
  for (const [name, ensure] of [
    ['PostgreSQL', ensurePostgres],
    ['MariaDB', ensureMariadb],
  ] as const) {
    await step(`${name}, for tests`, async () => {
      // Without it its tests are skipped and say so, or fail in CI: no reason to run none of the others.
      const programs = await ensure().catch(() => undefined)
      return programs === undefined ? 'not available' : programs.version
    })
  }
}

/** `./dev test [patterns…]`: every test of the repository in one run, with one summary. */
export async function testCommand(args: readonly string[]): Promise<number> {
  await setUp()
  await ensureCompose()
  await ensureDatabases(args)
  return withBroker((brokers) =>
    attach(nodeCommand(...testArguments(args)), {
      cwd: ROOT,
      env: { ...process.env, KAFKA_BROKERS: brokers },
    }),
  )
}
