import type { GroupConsumerOptions, RebalanceEvent, TopicPartition } from '@millrace/core/internal'
import { type ErrorPlace, instanceHeld, memberFenced } from './broker-error.ts'
import type { CallRequest, ClientIdentity } from './broker-network.ts'
import type { JoinResult, MemberIdentity, MemberProblem } from './consumer-group.ts'
import type { KafkaOperation } from './kafka-faults.ts'
import { partitionText } from './partition-text.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'

/** How long a member that leaves waits to be told that it has. */
const LEAVE_TIMEOUT_MS = 5000

const HEARTBEAT_TIMEOUT_MS = 5000

/**
 * One consumer's side of its group: joins, sends heartbeats, and makes assignments into events.
 *
 * Semantics, as librdkafka's:
 * - One event at a time; the next waits for the answer, and so does joining again.
 * - Cooperative: what is to be given back is an event first, then what is new, then the member joins again.
 *   Eager: everything is given back before each join.
 * - Lost: the group does not know the member any more, it could not reach the group for its session
 *   time-out, or it did not poll for too long. From then on it has no member id; the partitions come as a
 *   `lost` event, and after the answer it joins as a new member (after the next poll, in the last case).
 * - A static member that the group has forgotten when its join arrives is told no loss: it joins again, as
 *   a new member with what it holds (librdkafka 2.15, rd_kafka_cgrp_handle_JoinGroup). So it is eager.
 */
export class GroupMembership {
  readonly #cluster: SimulatedCluster
  readonly #client: ClientIdentity
  readonly #options: GroupConsumerOptions
  readonly #cooperative: boolean
  readonly #onEvent: () => void
  readonly #owned = new Map<string, TopicPartition>()
  readonly #events: RebalanceEvent[] = []
  #topics: readonly string[] = []
  #phase: 'out' | 'joining' | 'in' | 'closed' = 'out'
  #memberId = ''
  #generation = -1
  /** Counts lives: an answer to an earlier one is no news. */
  #life = 0
  #unanswered: RebalanceEvent | undefined
  #added: readonly TopicPartition[] | undefined
  #wantsJoin = false
  #waitsForPoll = false
  #isLost = false
  #fatal: Error | undefined
  #isPolling = false
  #lastPollMs = 0
  #lastHeardMs = 0
  #isTicking = false

  constructor(
    cluster: SimulatedCluster,
    client: ClientIdentity,
    options: GroupConsumerOptions,
    { cooperative, onEvent }: { readonly cooperative: boolean; readonly onEvent: () => void },
  ) {
    this.#cluster = cluster
    this.#client = client
    this.#options = options
    this.#cooperative = cooperative
    this.#onEvent = onEvent
  }

  get identity(): MemberIdentity {
    return {
      memberId: this.#memberId,
      groupInstanceId: this.#options.groupInstanceId,
      generation: this.#generation,
    }
  }

  /** True from the moment when the group may have given the partitions to others, until the answer. */
  get isLost(): boolean {
    return this.#isLost || this.#fatal !== undefined
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics
    this.#lastPollMs = this.#nowMs()
    this.#wantsJoin = true
    this.#proceed()
    if (!this.#isTicking) this.#tickLater()
    this.#isTicking = true
  }

  /** @throws the error that ended this member for good. */
  pollBegins(): void {
    if (this.#fatal !== undefined) throw this.#fatal
    this.#isPolling = true
    this.#lastPollMs = this.#nowMs()
    if (!this.#waitsForPoll) return
    this.#waitsForPoll = false
    this.#proceed()
  }

  pollEnds(): void {
    this.#isPolling = false
    this.#lastPollMs = this.#nowMs()
  }

  takeRebalance(): RebalanceEvent | undefined {
    return this.#events.shift()
  }

  answer(kind: RebalanceEvent['kind']): void {
    const event = this.#unanswered
    if (event?.kind !== kind) return
    this.#unanswered = undefined
    for (const partition of event.partitions) {
      if (event.kind === 'assigned') this.#owned.set(partitionText(partition), partition)
      else this.#owned.delete(partitionText(partition))
    }
    if (event.kind === 'revoked' && event.lost) this.#isLost = false
    this.#proceed()
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') return
    const { identity } = this
    const wasJoining = this.#phase === 'joining'
    this.#phase = 'closed'
    this.#events.length = 0
    this.#owned.clear()
    if (identity.memberId === '' && !wasJoining) return
    await this.#leave(identity)
  }

  #proceed(): void {
    if (this.#unanswered !== undefined || this.#phase === 'closed') return
    if (this.#isLost) {
      this.#added = undefined
      if (this.#owned.size > 0) {
        this.#emit({ kind: 'revoked', partitions: [...this.#owned.values()], lost: true })
        return
      }
      this.#isLost = false
    }
    const added = this.#added
    this.#added = undefined
    if (added !== undefined) {
      this.#emit({ kind: 'assigned', partitions: added })
      return
    }
    if (this.#wantsJoin && !this.#waitsForPoll && this.#fatal === undefined) this.#join()
  }

  #emit(event: RebalanceEvent): void {
    this.#unanswered = event
    this.#events.push(event)
    this.#onEvent()
  }

  #join(): void {
    if (!this.#cooperative && this.#owned.size > 0) {
      this.#emit({ kind: 'revoked', partitions: [...this.#owned.values()], lost: false })
      return
    }
    this.#wantsJoin = false
    this.#phase = 'joining'
    const life = ++this.#life
    const { groupId, clientId, sessionTimeoutMs, maxPollIntervalMs } = this.#options
    const request = {
      memberId: this.#memberId,
      groupInstanceId: this.identity.groupInstanceId,
      clientId,
      topics: this.#topics,
      owned: [...this.#owned.values()],
      sessionTimeoutMs,
      rebalanceTimeoutMs: maxPollIntervalMs,
      mayTakeOver: this.#options.groupProtocol === 'classic',
    }
    this.#cluster.network.send<JoinResult>(
      this.#request('group.join', Infinity),
      ({ resolve }) => {
        this.#cluster.groups.membership(groupId).join(request, resolve)
      },
      {
        resolve: (result) => {
          if (life === this.#life && this.#phase === 'joining') this.#joined(result)
          else if (result.kind === 'joined') this.#tooLate(result)
        },
        reject: () => undefined, // Waits for its broker as long as it takes.
      },
    )
  }

  /** Closed, or lost, while the join was under way: the group shall not wait for this member. */
  #tooLate({ memberId, generation }: JoinResult & { readonly kind: 'joined' }): void {
    if (memberId === this.#memberId) return
    void this.#leave({ memberId, generation, groupInstanceId: this.identity.groupInstanceId })
  }

  #joined(result: JoinResult): void {
    if (result.kind === 'unknown-member' && this.#options.groupInstanceId !== undefined) {
      this.#joinAnew()
      return
    }
    if (result.kind !== 'joined') {
      this.#forgotten(result.kind)
      return
    }
    this.#phase = 'in'
    this.#memberId = result.memberId
    this.#generation = result.generation
    this.#lastHeardMs = this.#nowMs()
    const assignment = new Map(result.assignment.map((given) => [partitionText(given), given]))
    const revoked = [...this.#owned].filter(([key]) => !assignment.has(key))
    const added = [...assignment].filter(([key]) => !this.#owned.has(key))
    this.#added = added.map(([, partition]) => partition)
    if (revoked.length > 0) {
      this.#wantsJoin = true
      if (added.length === 0) this.#added = undefined
      const partitions = revoked.map(([, partition]) => partition)
      this.#emit({ kind: 'revoked', partitions, lost: false })
      return
    }
    this.#proceed()
  }

  #tickLater(): void {
    this.#client.process.setTimer(this.#options.heartbeatIntervalMs, () => {
      if (this.#phase === 'closed' || this.#fatal !== undefined) return
      this.#tick()
      this.#tickLater()
    })
  }

  #tick(): void {
    const nowMs = this.#nowMs()
    const { maxPollIntervalMs, sessionTimeoutMs } = this.#options
    if (!this.#isPolling && nowMs - this.#lastPollMs > maxPollIntervalMs) {
      if (this.#memberId === '') return
      void this.#leave(this.identity)
      this.#waitsForPoll = true
      this.#lose()
      return
    }
    if (this.#phase !== 'in') return
    if (nowMs - this.#lastHeardMs > sessionTimeoutMs) this.#lose()
    else this.#heartbeat()
  }

  #heartbeat(): void {
    const { identity } = this
    const life = this.#life
    this.#cluster.network.send<'ok' | 'rebalance' | MemberProblem>(
      this.#request('group.heartbeat', HEARTBEAT_TIMEOUT_MS),
      ({ resolve }) => {
        resolve(this.#cluster.groups.membership(this.#options.groupId).heartbeat(identity))
      },
      {
        resolve: (result) => {
          if (life !== this.#life || this.#phase !== 'in') return
          this.#lastHeardMs = this.#nowMs()
          if (result === 'ok') return
          if (result !== 'rebalance') {
            this.#forgotten(result)
            return
          }
          this.#wantsJoin = true
          this.#proceed()
        },
        reject: () => undefined, // The next one is on its way; the session time-out counts.
      },
    )
  }

  #forgotten(problem: MemberProblem): void {
    if (problem === 'fenced-instance') this.#fatal = memberFenced(this.#place('poll'))
    if (problem === 'held-instance') this.#fatal = instanceHeld(this.#place('poll'))
    this.#lose()
  }

  /** Others may own the partitions from now on. */
  #lose(): void {
    this.#isLost = true
    this.#joinAnew()
  }

  #joinAnew(): void {
    this.#life++
    this.#phase = 'out'
    this.#memberId = ''
    this.#generation = -1
    this.#wantsJoin = true
    this.#proceed()
  }

  /** A static member only says that its place may be taken (KIP-848), or nothing at all (KIP-345). */
  async #leave(identity: MemberIdentity): Promise<void> {
    const isStatic = identity.groupInstanceId !== undefined
    if (isStatic && this.#options.groupProtocol === 'classic') return
    const { groupId } = this.#options
    await this.#cluster.network
      .call<undefined>(this.#request('group.leave', LEAVE_TIMEOUT_MS), ({ resolve }) => {
        this.#cluster.groups.membership(groupId).leave(identity)
        resolve(undefined)
      })
      // The session time-out does it, then.
      .catch(() => undefined)
  }

  #request(operation: KafkaOperation, timeoutMs: number): CallRequest {
    const broker = this.#cluster.network.coordinatorOf(this.#options.groupId)
    return { client: this.#client, operation, broker, timeoutMs, place: this.#place(operation) }
  }

  #place(operation: string): ErrorPlace {
    return { operation, clientId: this.#client.clientId, groupId: this.#options.groupId }
  }

  #nowMs(): number {
    return this.#client.process.nowMs()
  }
}
