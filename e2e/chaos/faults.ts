import { pause, type Random } from '@millrace/trial'
import type { ChaosMember } from './chaos-member.ts'
import type { ChaosBroker } from './chaos-broker.ts'
import type { Fleet } from './fleet.ts'
import { between } from './random.ts'

/** A member that is silent for longer is out of the group. */
export const SESSION_TIMEOUT_MS = 6000
export const TRANSACTION_TIMEOUT_MS = 10_000

export interface FaultContext {
  readonly fleet: Fleet
  readonly broker: ChaosBroker
  readonly random: Random
  readonly say: (line: string) => void
  /** Resolves when no transaction is open and none will be, until the answer is called. */
  readonly quiesce: () => Promise<() => void>
}

interface Fault {
  readonly name: string
  readonly weight: number
  /** Members that it takes; 0: the broker. */
  readonly members: number
  run(context: FaultContext, members: readonly ChaosMember[], signal: AbortSignal): Promise<void>
}

/** Some restarts come after the session is over, most before. */
function downMs(random: Random): number {
  return random() < 0.2 ? between(random, SESSION_TIMEOUT_MS, 9000) : between(random, 0, 2500)
}

async function restart(
  member: ChaosMember,
  { random }: FaultContext,
  signal: AbortSignal,
): Promise<void> {
  await pause(downMs(random), signal)
  if (!member.isUp) member.start()
}

async function killAndRestart(
  context: FaultContext,
  members: readonly ChaosMember[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    members.map(async (member) => {
      await member.kill()
      await restart(member, context, signal)
    }),
  )
}

async function standStill(
  members: readonly ChaosMember[],
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  for (const member of members) member.stand()
  try {
    await pause(ms, signal)
  } finally {
    for (const member of members) member.goOn()
  }
}

async function wipeAndRestart(
  context: FaultContext,
  members: readonly ChaosMember[],
  signal: AbortSignal,
): Promise<void> {
  for (const member of members) {
    await member.kill()
    await member.wipe()
    await restart(member, context, signal)
  }
}

/** It has restored nothing for so long: it was given no task with state. */
const RESTORE_BEGINS_MS = 15_000

async function killInRestore(
  context: FaultContext,
  members: readonly ChaosMember[],
  signal: AbortSignal,
): Promise<void> {
  for (const member of members) {
    await member.kill()
    await member.wipe()
    member.start()
    const deadlineMs = performance.now() + RESTORE_BEGINS_MS
    while (member.restores === 0 && member.isUp && performance.now() < deadlineMs) {
      await pause(5, signal)
    }
    await pause(between(context.random, 0, 30), signal)
    if (member.isUp) await member.kill()
    await restart(member, context, signal)
  }
}

/** One takes half a minute, in which nothing else happens. */
const BETWEEN_BROKER_RESTARTS_MS = 90_000
const BROKER_RESTARTS = 'the broker restarts'

export const FAULTS: readonly Fault[] = [
  { name: 'kill', weight: 6, members: 1, run: killAndRestart },
  { name: 'kill two', weight: 3, members: 2, run: killAndRestart },
  {
    name: 'stand still for less than the session',
    weight: 3,
    members: 1,
    run: ({ random }, members, signal) => standStill(members, between(random, 200, 4500), signal),
  },
  {
    name: 'stand still for longer than the session',
    weight: 3,
    members: 1,
    run: ({ random }, members, signal) =>
      standStill(members, between(random, SESSION_TIMEOUT_MS + 1000, 14_000), signal),
  },
  {
    name: 'restart in order',
    weight: 3,
    members: 1,
    run: async (context, members, signal) => {
      for (const member of members) {
        const problem = await member.leave()
        if (problem !== undefined) {
          context.fleet.failures.push(problem)
          context.say(`! ${problem}`)
        }
        await restart(member, context, signal)
      }
    },
  },
  { name: 'kill and wipe the state', weight: 3, members: 1, run: wipeAndRestart },
  { name: 'kill while it restores', weight: 3, members: 1, run: killInRestore },
  {
    name: 'the broker stands still',
    weight: 2,
    members: 0,
    run: ({ broker, random }, _members, signal) =>
      broker.standStill(between(random, 500, 9000), signal),
  },
  {
    // Only between transactions: see docs/development.md.
    name: BROKER_RESTARTS,
    weight: 1,
    members: 0,
    run: async ({ broker, random, quiesce, say }, _members, signal) => {
      const how = random() < 0.5 ? 'SIGTERM' : 'SIGKILL'
      const awayMs = between(random, 0, 8000)
      const goOn = await quiesce()
      try {
        say(`the broker goes by ${how}, for ${awayMs} ms at least`)
        await broker.restart(how, awayMs, signal)
        say('the broker is back')
      } finally {
        goOn()
      }
    },
  },
]

function choose(random: Random): Fault {
  const all = FAULTS.reduce((sum, { weight }) => sum + weight, 0)
  let at = random() * all
  const found = FAULTS.find(({ weight }) => {
    at -= weight
    return at < 0
  })
  if (found === undefined) throw new TypeError('the weights do not add up')
  return found
}

const MIN_GAP_MS = 500
const MAX_GAP_MS = 4000

/** Makes faults one after the other until `untilMs`, several at a time where they overlap. */
export class FaultMaker {
  readonly #context: FaultContext
  readonly #running = new Set<Promise<void>>()
  #count = 0
  #isBrokerBusy = false
  #brokerRestartedMs = -Infinity

  constructor(context: FaultContext) {
    this.#context = context
  }

  /** Faults made so far. */
  get count(): number {
    return this.#count
  }

  /** Resolves when the last one is over, and every member runs. */
  async run(untilMs: number, signal: AbortSignal): Promise<void> {
    const { random } = this.#context
    while (performance.now() < untilMs) {
      await pause(between(random, MIN_GAP_MS, MAX_GAP_MS), signal)
      const fault = choose(random)
      if (performance.now() < untilMs) await this.#begin(fault, signal)
    }
    await Promise.all(this.#running)
  }

  async #begin(fault: Fault, signal: AbortSignal): Promise<void> {
    const { fleet, random, say } = this.#context
    if (fault.members === 0) {
      if (this.#isBrokerBusy || !this.#mayDo(fault)) return
      this.#isBrokerBusy = true
    }
    const members = fleet.claim(fault.members, random)
    if (members.length < fault.members) {
      for (const member of members) member.isBusy = false
      return
    }
    const number = ++this.#count
    say(`fault ${number}: ${fault.name} ${members.map(({ name }) => name).join(', ')}`.trim())
    const running = fault.run(this.#context, members, signal).finally(() => {
      say(`fault ${number} is over`)
      for (const member of members) member.isBusy = false
      if (fault.members === 0) this.#isBrokerBusy = false
      this.#running.delete(running)
    })
    this.#running.add(running)
    running.catch(() => undefined) // run() tells
    // What restarts the broker needs all the others to be over.
    if (fault.name === BROKER_RESTARTS) await running
  }

  #mayDo(fault: Fault): boolean {
    if (fault.name !== BROKER_RESTARTS) return true
    const nowMs = performance.now()
    if (nowMs - this.#brokerRestartedMs < BETWEEN_BROKER_RESTARTS_MS) return false
    this.#brokerRestartedMs = nowMs
    return true
  }
}
