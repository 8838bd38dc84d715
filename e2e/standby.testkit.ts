import type { AppSettings } from '@millrace/core'
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
  readonly #words = new Map<string, MemberWord | undefined>()
  #board: Awaited<ReturnType<TestCluster['readAll']>> | undefined
  #position = 0

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
    const topic = `${this.#cluster.id}-millrace-members`
    if ((await this.#cluster.admin.describeTopics([topic])).length === 0) return this.#words
    this.#board ??= await this.#cluster.readAll(topic)
    const { reader, partitions } = this.#board
    const [end] = await this.#cluster.admin.listOffsets(partitions, 'end')
    await until('the end of what the members say', async () => {
      const batch = await reader.poll(1000, 50)
      for (const { key, value, offset } of batch.records) {
        const word = value === null ? undefined : (JSON.parse(text(value)) as MemberWord)
        this.#words.set(text(key ?? Buffer.of()), word)
        this.#position = offset + 1
      }
      return this.#position >= (end?.offset ?? 0)
    })
    return this.#words
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

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
