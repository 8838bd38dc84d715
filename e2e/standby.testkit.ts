import type { AppSettings } from '@millrace/core'
import { readTopic } from './changelog.testkit.ts'
import type { TestCluster } from './cluster.testkit.ts'
import type { MemberProcess, MemberSpec } from './member-process.testkit.ts'
import { temporaryDirectory } from './state.testkit.ts'
import type { TopologyTopics } from './topologies.testkit.ts'
import { until } from './until.testkit.ts'

/** What a member has said last on the topic of the members; undefined for one that has said farewell. */
export interface MemberWord {
  readonly active: readonly string[]
  readonly standby: Readonly<
    Record<string, { readonly state: string; readonly offsets: Readonly<Record<string, number>> }>
  >
}

export interface FleetOptions {
  readonly topics: TopologyTopics
  readonly isOnDisk?: boolean
  readonly settings?: Partial<AppSettings>
}

/** Members of one application that keep copies of each other's tasks. */
export class Fleet {
  readonly #cluster: TestCluster
  readonly #options: FleetOptions

  constructor(cluster: TestCluster, options: FleetOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  async join(instanceId: string, more?: Pick<MemberSpec, 'harm'>): Promise<MemberProcess> {
    const { topics, isOnDisk = false, settings } = this.#options
    const stateDir = isOnDisk ? await temporaryDirectory(this.#cluster) : undefined
    return this.#cluster.startMember({
      topology: 'count',
      topics,
      app: {
        applicationId: this.#cluster.id,
        instanceId,
        numStandbyReplicas: 1,
        sessionTimeout: 6000,
        heartbeatInterval: 300,
        // A member that is closed gives its tasks away at once.
        staticMembership: false,
        ...(stateDir === undefined ? {} : { stateDir }),
        ...settings,
      },
      ...more,
    })
  }

  /** The last word of each member that ever was. */
  async words(): Promise<ReadonlyMap<string, MemberWord | undefined>> {
    const records = await readTopic(this.#cluster, `${this.#cluster.id}-millrace-members`)
    return new Map(
      records.map(({ key, value }) => [
        Buffer.from(key ?? []).toString(),
        value === null ? undefined : (JSON.parse(Buffer.from(value).toString()) as MemberWord),
      ]),
    )
  }

  /** Waits until each of the tasks is active at one of these members, and has one warm copy, at another one. */
  async untilCovered(tasks: number, members: readonly string[]): Promise<void> {
    let last = ''
    await until(
      `a warm copy of each of ${tasks} tasks at ${members.join()}`,
      async () => {
        const words = await this.words()
        last = JSON.stringify([...words])
        const here = members.flatMap((name) => words.get(name) ?? [])
        const active = here.flatMap((word) => word.active).sort()
        const copies = here.flatMap(({ standby }) => Object.entries(standby))
        const open = copies.filter(([, { state }]) => state !== 'stored')
        const warm = open.flatMap(([task, { state }]) => (state === 'warm' ? [task] : [])).sort()
        const isElsewhere = here.every((word) => word.active.every((task) => !warmAt(word, task)))
        return (
          new Set(active).size === tasks &&
          active.join() === warm.join() &&
          open.length === tasks &&
          isElsewhere
        )
      },
      { lastWords: () => last },
    )
  }
}

function warmAt({ standby }: MemberWord, task: string): boolean {
  return standby[task]?.state === 'warm'
}
