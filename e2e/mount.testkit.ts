import { execFileSync } from 'node:child_process'
import type { TestCluster } from './cluster.testkit.ts'
import { temporaryDirectory } from './state.testkit.ts'

/** A file system in memory of its own; undefined where this user may not mount one. Gone when the test ends. */
export async function mountedDirectory(
  cluster: TestCluster,
  options: string,
): Promise<string | undefined> {
  const path = await temporaryDirectory(cluster)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    return undefined
  }
  cluster.defer(() => {
    // Lazily: a member that was killed may still be on its way out.
    execFileSync('umount', ['--lazy', path])
    return Promise.resolve()
  })
  return path
}

/** Why a test that needs a mount is skipped. */
export const NO_MOUNT = 'this user may not mount a file system'
