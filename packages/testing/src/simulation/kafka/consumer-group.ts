import type { TopicPartition } from '@millrace/core/internal'
import type { BrokerNetwork } from './broker-network.ts'
import { type AssignableMember, assignSticky } from './sticky-assignment.ts'
import { partitionText } from './partition-text.ts'

export interface JoinRequest {
  /** Empty for a member that is new, or was forgotten. */
  readonly memberId: string
  readonly groupInstanceId: string | undefined
  readonly clientId: string
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
  readonly sessionTimeoutMs: number
  /** How long the others wait for this member to join again. */
  readonly rebalanceTimeoutMs: number
  /** Whether a member with an instance id fences the one before it, or waits for the end of its session (KIP-848). */
  readonly mayTakeOver: boolean
}

/** Who a member says it is. */
export interface MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | undefined
  readonly generation: number
}

export type MemberProblem =
  | 'unknown-member'
  | 'stale-generation'
  /** Another member has its instance id now. */
  | 'fenced-instance'
  /** Another member has its instance id still. */
  | 'held-instance'

export type JoinResult =
  | {
      readonly kind: 'joined'
      readonly memberId: string
      readonly generation: number
      readonly assignment: readonly TopicPartition[]
    }
  | { readonly kind: MemberProblem }

type JoinAnswer = (result: JoinResult) => void

interface Member extends AssignableMember {
  readonly request: JoinRequest
  owned: readonly TopicPartition[]
  assignment: readonly TopicPartition[]
  seenMs: number
  /** A static member that is away for a while: its place may be taken. */
  hasLeft: boolean
  /** The join that waits for the others. */
  held: JoinAnswer | undefined
  cancelSession: () => void
}

/** What a group needs to know of its cluster. */
export interface GroupSurroundings {
  readonly groupId: string
  readonly network: BrokerNetwork
  /** KIP-429; else eager: members give everything back before they join. */
  readonly cooperative: boolean
  readonly partitionsOf: (topic: string) => number
}

/**
 * The members of one group, as its coordinator sees them.
 *
 * Semantics: a rebalance begins when a member joins, leaves or is not heard of for its session time-out. It
 * waits until every member has joined again, at most for the largest rebalance time-out: who has not by
 * then is out. Then the generation changes and all get their partitions at once.
 *
 * A member with an instance id that joins anew takes the place of the one before, without a rebalance,
 * and fences it (KIP-345).
 */
export class ConsumerGroup {
  readonly #at: GroupSurroundings
  readonly #members = new Map<string, Member>()
  #phase: 'empty' | 'preparing' | 'stable' = 'empty'
  #generation = 0
  #memberCount = 0
  #emptySinceMs: number | undefined
  #cancelDeadline: () => void = () => undefined

  constructor(at: GroupSurroundings) {
    this.#at = at
    this.#emptySinceMs = at.network.scheduler.nowMs()
  }

  get members(): readonly {
    readonly memberId: string
    readonly clientId: string
    readonly partitions: readonly TopicPartition[]
  }[] {
    return [...this.#members.values()].map(({ memberId, request, assignment }) => ({
      memberId,
      clientId: request.clientId,
      partitions: assignment,
    }))
  }

  get subscribed(): ReadonlySet<string> {
    return new Set([...this.#members.values()].flatMap(({ topics }) => topics))
  }

  /** Undefined while there are members. */
  get emptySinceMs(): number | undefined {
    return this.#emptySinceMs
  }

  join(request: JoinRequest, answer: JoinAnswer): void {
    const before = this.#instance(request.groupInstanceId)
    if (request.memberId === '') {
      if (before === undefined) this.#addMember(request, answer)
      else if (request.mayTakeOver || before.hasLeft) this.#takeOver(before, request, answer)
      else answer({ kind: 'held-instance' })
      return
    }
    const member = this.#members.get(request.memberId)
    if (member === undefined) {
      answer({ kind: before === undefined ? 'unknown-member' : 'fenced-instance' })
      return
    }
    const { assignment, cancelSession } = member
    cancelSession()
    // What the coordinator has given to another meanwhile is not the member's to claim.
    const known = new Set(keysOf(member))
    const owned = request.owned.filter((partition) => known.has(partitionText(partition)))
    this.#put({ ...request, owned }, request.memberId, { assignment, held: answer })
    this.rebalance()
  }

  leave({ memberId, groupInstanceId }: MemberIdentity): void {
    const member = this.#members.get(memberId)
    if (groupInstanceId === undefined) this.#remove(memberId)
    else if (member !== undefined) member.hasLeft = true
  }

  heartbeat(identity: MemberIdentity): 'ok' | 'rebalance' | MemberProblem {
    const problem = this.problemOf(identity)
    if (problem !== undefined) return problem
    const member = this.#members.get(identity.memberId)
    if (member !== undefined) member.seenMs = this.#nowMs()
    return this.#phase === 'preparing' ? 'rebalance' : 'ok'
  }

  /** Why offsets of this member are not taken; undefined when they are. */
  problemOf({ memberId, groupInstanceId, generation }: MemberIdentity): MemberProblem | undefined {
    if (!this.#members.has(memberId)) {
      return this.#instance(groupInstanceId) === undefined ? 'unknown-member' : 'fenced-instance'
    }
    return generation === this.#generation ? undefined : 'stale-generation'
  }

  /** Begins one, unless one is under way. Ends at once when all have joined already. */
  rebalance(): void {
    if (this.#members.size === 0) {
      this.#phase = 'empty'
      this.#emptySinceMs ??= this.#nowMs()
      this.#cancelDeadline()
      return
    }
    if (this.#phase !== 'preparing') {
      this.#phase = 'preparing'
      const timeouts = [...this.#members.values()].map(({ request }) => request.rebalanceTimeoutMs)
      this.#cancelDeadline()
      this.#cancelDeadline = this.#after(Math.max(...timeouts), () => {
        this.#removeAbsent()
        this.#complete()
      })
    }
    if ([...this.#members.values()].every(({ held }) => held !== undefined)) this.#complete()
  }

  #complete(): void {
    this.#cancelDeadline()
    if (this.#members.size === 0) {
      this.rebalance()
      return
    }
    this.#generation++
    this.#phase = 'stable'
    const members = [...this.#members.values()].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    const target = assignSticky(members, this.#partitions(), this.#at.cooperative)
    for (const member of members) {
      member.assignment = target.get(member.memberId) ?? []
      this.#answer(member)
    }
  }

  #answer(member: Member): void {
    const { memberId, assignment, held } = member
    member.owned = assignment
    if (held === undefined) return
    member.held = undefined
    member.seenMs = this.#nowMs()
    held({ kind: 'joined', memberId, generation: this.#generation, assignment })
  }

  #addMember(request: JoinRequest, answer: JoinAnswer): void {
    this.#emptySinceMs = undefined
    // What others have got meanwhile is not the member's to claim.
    const given = new Set([...this.#members.values()].flatMap(keysOf))
    const owned = request.owned.filter((partition) => !given.has(partitionText(partition)))
    this.#put({ ...request, owned }, this.#newId(request), { assignment: [], held: answer })
    this.rebalance()
  }

  #takeOver(before: Member, request: JoinRequest, answer: JoinAnswer): void {
    this.#members.delete(before.memberId)
    before.cancelSession()
    before.held?.({ kind: 'fenced-instance' })
    const { assignment } = before
    // What it says it owns counts in a rebalance: a process that starts owns nothing, so nothing of it
    // has to be given back before others may have it.
    const owned = this.#phase === 'stable' ? assignment : request.owned
    const member = this.#put({ ...request, owned }, this.#newId(request), {
      assignment,
      held: answer,
    })
    if (this.#phase === 'stable') this.#answer(member)
    else this.rebalance()
  }

  #put(request: JoinRequest, memberId: string, rest: Pick<Member, 'assignment' | 'held'>): Member {
    const { topics, owned } = request
    const member: Member = {
      memberId,
      topics,
      owned,
      request,
      ...rest,
      seenMs: this.#nowMs(),
      hasLeft: false,
      cancelSession: () => undefined,
    }
    this.#members.set(memberId, member)
    this.#watchSession(member, request.sessionTimeoutMs)
    return member
  }

  #watchSession(member: Member, forMs: number): void {
    member.cancelSession = this.#after(forMs, () => {
      const { network, groupId } = this.#at
      // Who waits for the others is not asked for heartbeats. A coordinator that was away knows of none.
      const seenMs = Math.max(member.seenMs, network.backSinceMs(network.coordinatorOf(groupId)))
      const leftMs = seenMs + member.request.sessionTimeoutMs - this.#nowMs()
      if (member.held !== undefined) this.#watchSession(member, member.request.sessionTimeoutMs)
      else if (leftMs > 0) this.#watchSession(member, leftMs)
      else this.#remove(member.memberId)
    })
  }

  #remove(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member === undefined) return
    member.cancelSession()
    this.#members.delete(memberId)
    this.rebalance()
  }

  /** A member with an instance id stays until its session ends. */
  #removeAbsent(): void {
    for (const [memberId, { held, request, cancelSession }] of [...this.#members]) {
      if (held !== undefined || request.groupInstanceId !== undefined) continue
      cancelSession()
      this.#members.delete(memberId)
    }
  }

  #instance(groupInstanceId: string | undefined): Member | undefined {
    if (groupInstanceId === undefined) return undefined
    return [...this.#members.values()].find(
      ({ request }) => request.groupInstanceId === groupInstanceId,
    )
  }

  #partitions(): readonly TopicPartition[] {
    return [...this.subscribed].sort().flatMap((topic) =>
      Array.from({ length: this.#at.partitionsOf(topic) }, (_, partition) => ({
        topic,
        partition,
      })),
    )
  }

  /** Some digits in front, so that who sorts first is not who came first. */
  #newId({ clientId }: JoinRequest): string {
    const digits = this.#at.network.faults.choose(1_000_000).toString().padStart(6, '0')
    return `${digits}-${clientId}-${++this.#memberCount}`
  }

  #nowMs(): number {
    return this.#at.network.scheduler.nowMs()
  }

  #after(delayMs: number, act: () => void): () => void {
    const { network, groupId } = this.#at
    return network.onBroker(network.coordinatorOf(groupId), delayMs, act)
  }
}

function keysOf({ assignment }: Member): readonly string[] {
  return assignment.map(partitionText)
}
