import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from './cache.ts'
import { StepError } from './step-error.ts'
import { capture } from './run-program.ts'

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

/** With the wait for another process that installs, on a slow line. */
const INSTALL_TIMEOUT_MS = 15 * 60_000

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

export const hasApt = async (): Promise<boolean> =>
  (await capture(['apt-get', '--version'])).status === 0

/**
 * Debian's packages ask the policy before they start their service. One that is there stays as it is.
 */
const INSTALL_SCRIPT = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
apt-get update && "$@"`

/**
 * Installs Debian packages that are not there, without starting their services. Answers what it installed.
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
  const lock = join(cacheFolder(), 'apt.lock')
  await mkdir(cacheFolder(), { recursive: true })
  // One process at a time: apt would refuse the second.
  const { status, output } = await capture(
    ['flock', lock, 'sh', '-c', INSTALL_SCRIPT, 'sh', ...install],
    {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: INSTALL_TIMEOUT_MS,
    },
  )
  if (status !== 0) {
    throw new StepError(`apt-get could not install ${missing.join(', ')}.`, {
      output,
      hint: 'Check the sources of apt and the network, then try again.',
    })
  }
  return missing
}
