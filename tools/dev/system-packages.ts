import { StepError } from './step-error.ts'
import { capture, mustRun } from './run-program.ts'

/** What the Kafka client is compiled with and linked to, by Debian's names. */
export const BUILD_PACKAGES = [
  'build-essential',
  'libcurl4-openssl-dev',
  'liblz4-dev',
  'libsasl2-dev',
  'libssl-dev',
  'libzstd-dev',
  'zlib1g-dev',
] as const

export const isRoot = (): boolean => process.getuid?.() === 0

/** The ones of `names` that dpkg does not list as installed in `output` (of `dpkg-query -W`). */
export function missingFrom(output: string, names: readonly string[]): string[] {
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]?.split(':')[0]),
  )
  return names.filter((name) => !installed.has(name))
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  const format = '${Package} ${db:Status-Status}\\n'
  const { status, output } = await capture(['dpkg-query', '-W', '-f', format, ...names])
  if (status === 127) {
    throw new StepError('This system has no dpkg, so its packages are not known.', {
      hint: `Install what Debian calls ${names.join(', ')} and python3, then try again.`,
    })
  }
  return missingFrom(output, names)
}

/**
 * Installs Debian packages that are not there. Answers what it installed.
 * @throws StepError with the command to run, when this user may not install packages.
 */
export async function ensureSystemPackages(names: readonly string[]): Promise<string[]> {
  const missing = await missingPackages(names)
  if (missing.length === 0) return []
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing]
  if (!isRoot()) {
    throw new StepError(`System packages are missing: ${missing.join(', ')}.`, {
      hint: `Run: sudo apt-get update && sudo ${install.join(' ')}`,
    })
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const hint = 'Check the sources of apt and the network, then try again.'
  await mustRun(['apt-get', 'update'], { env, hint, timeoutMs: 5 * 60_000 })
  await mustRun(install, { env, hint, timeoutMs: 10 * 60_000 })
  return missing
}
