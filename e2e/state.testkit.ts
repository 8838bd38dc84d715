import type { AppSettings } from '@millrace/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCluster } from './cluster.testkit.ts'
import type { MemberProcess, MemberSpec } from './member-process.testkit.ts'
import type { TopologyTopics } from './topologies.testkit.ts'

/** Gone when the test ends. */
export async function temporaryDirectory(cluster: TestCluster): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-e2e-'))
  cluster.defer(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Starts members of the counting application that keep their state on disk. */
export function starter(
  cluster: TestCluster,
  topics: TopologyTopics,
  settings: Partial<AppSettings> & { readonly stateDir: string },
): (
  own?: Partial<AppSettings>,
  more?: Pick<MemberSpec, 'harm' | 'killAtRestored'>,
) => MemberProcess {
  return (own, more) =>
    cluster.startMember({
      topology: 'count',
      topics,
      app: {
        applicationId: cluster.id,
        // Killed members are back at once: none of these tests is about the time until then.
        staticMembership: true,
        ...settings,
        ...own,
      },
      ...more,
    })
}

/** Where a member keeps the state of a task. */
export function taskDirectory(cluster: TestCluster, stateDir: string, taskId: string): string {
  return join(stateDir, cluster.id, 'tasks', taskId)
}
