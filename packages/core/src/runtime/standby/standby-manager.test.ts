import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { deferred } from '../../base/deferred.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import { silentLogger } from '../../observe/logger.ts'
import { inMemory } from '../../state/memory-state-backend.ts'
import type { TaskState } from '../../state/state-backend.ts'
import { TestLogs } from './logs.testkit.ts'
import { ManualScheduler } from './manual-scheduler.testkit.ts'
import { seeded } from './seeded.testkit.ts'
import { StandbyManager } from './standby-manager.ts'
import type { StandbyPlan } from './standby-plan.ts'
import { contents, countsPlan } from './standby-plans.testkit.ts'
import type { StandbyProgress } from './standby-update.ts'

const HEARTBEAT_MS = 3000
/** Until a view has settled, copies are begun, are warm, and the others know. */
const SETTLED_MS = 5 * HEARTBEAT_MS

/** One member: what it keeps open, of what, and how often at most at a time. */
class TestMember {
  readonly manager: StandbyManager
  readonly updates: StandbyProgress[] = []
  readonly states = new Map<string, TaskState>()
  readonly opened: string[] = []
  readonly discarded: string[] = []
  openError: MillraceError | undefined
  stored: string[] = []
  isBusy = false
  /** Awaited by whatever opens a state. */
  gate: Promise<void> = Promise.resolve()
  readonly #backend = inMemory()

  constructor(name: string, fleet: Fleet) {
    const { logs, scheduler, plans, random } = fleet
    const common = { scheduler, logger: silentLogger, admin: logs.admin() }
    this.manager = new StandbyManager({
      ...common,
      replicas: fleet.replicas,
      committed: (partitions) => logs.committedOffsets(partitions),
      plans,
      onUpdate: (one) => this.updates.push(one),
      states: {
        open: (taskId) => this.#open(countsPlan(taskId)),
        discard: (taskId) => void this.discarded.push(taskId),
        stored: () => this.stored,
      },
      board: {
        ...common,
        topic: 'members',
        instanceId: name,
        reader: logs.reader(),
        producer: logs.producer(),
        random,
      },
      tail: {
        ...common,
        reader: logs.reader(),
        mayWork: () => !this.isBusy,
        onApplied: () => undefined,
      },
    })
    this.manager.open()
  }

  get standbys(): string[] {
    return [...this.manager.lags.keys()].sort()
  }

  /** As the task manager does: takes the state of a standby, or opens one. */
  async activate(taskId: string): Promise<TaskState> {
    const plan = countsPlan(taskId)
    const state = (await this.manager.take(taskId)) ?? (await this.#open(plan))
    assert.equal(this.states.get(taskId), state)
    return state
  }

  async #open(plan: StandbyPlan): Promise<TaskState> {
    const { taskId } = plan
    if (this.openError !== undefined) throw this.openError
    assert.equal(this.states.has(taskId), false, `${taskId} is opened twice`)
    this.opened.push(taskId)
    await this.gate
    const state = await this.#backend.open({ ...plan, directory: '' })
    const close = state.close.bind(state)
    Object.assign(state, {
      close: () => {
        assert.equal(this.states.get(taskId), state)
        this.states.delete(taskId)
        return close()
      },
    })
    this.states.set(taskId, state)
    return state
  }
}

class Fleet {
  readonly logs = new TestLogs()
  readonly scheduler = new ManualScheduler()
  readonly random = seeded(1)
  readonly plans: ReadonlyMap<string, StandbyPlan>
  readonly replicas: number
  readonly #context: TestContext

  constructor(context: TestContext, tasks: readonly string[], replicas = 1) {
    this.#context = context
    this.plans = new Map(tasks.map((task) => [task, countsPlan(task)]))
    this.replicas = replicas
  }

  join(name: string): TestMember {
    const member = new TestMember(name, this)
    this.#context.after(() => this.end(member))
    return member
  }

  async end(member: TestMember, isLeaving = false): Promise<void> {
    const closed = member.manager.close({ isLeaving })
    await this.scheduler.advance(2000)
    await closed
  }

  settle(): Promise<void> {
    return this.scheduler.advance(SETTLED_MS)
  }

  write(task: string, key: string, value: string): void {
    const log = this.logs.log(task)
    log.append(key, value)
    log.commitMarker()
  }
}

/** Two members, the first with the task `0_0`, the second with its copy. */
async function pair(t: TestContext): Promise<{ fleet: Fleet; a: TestMember; b: TestMember }> {
  const fleet = new Fleet(t, ['0_0', '1_0', '1_1'])
  const [a, b] = [fleet.join('a'), fleet.join('b')]
  await a.activate('0_0')
  fleet.write('0_0', 'k', '1')
  await fleet.settle()
  return { fleet, a, b }
}

test('a member keeps a warm copy of what another has, and follows it', async (t) => {
  const { fleet, a, b } = await pair(t)
  assert.deepEqual([a.standbys, b.standbys], [[], ['0_0']])
  const state = b.states.get('0_0')
  assert.ok(state)
  assert.deepEqual(contents(state), { k: '1' })
  fleet.write('0_0', 'k', '2')
  await fleet.scheduler.advance(200)
  assert.deepEqual(contents(state), { k: '2' })
  assert.deepEqual([...b.manager.lags], [['0_0', 0]])
})

test('records that are not committed yet are not applied', async (t) => {
  const { fleet, b } = await pair(t)
  const log = fleet.logs.log('0_0')
  log.stableEnd = log.end
  fleet.write('0_0', 'k', '2')
  await fleet.settle()
  assert.deepEqual(contents(b.states.get('0_0') ?? assert.fail()), { k: '1' })
  assert.deepEqual([...b.manager.lags], [['0_0', 2]])
})

test('a copy that becomes active gives its state on as it is, with the position behind the markers', async (t) => {
  const { fleet, b } = await pair(t)
  const state = await b.activate('0_0')
  assert.deepEqual(b.opened, ['0_0'])
  assert.deepEqual(contents(state), { k: '1' })
  assert.deepEqual(state.position('counts'), { offset: 2, topicId: 'first' })
  assert.equal(b.updates.at(-1)?.reason, 'promoted')
  fleet.write('0_0', 'k', '2')
  await fleet.scheduler.advance(1000)
  assert.deepEqual(contents(state), { k: '1' }, 'the active task restores by itself')
  assert.deepEqual(b.standbys, [])
})

test('a task that was active stays as a copy without being opened again, and its records are followed', async (t) => {
  const { fleet, a, b } = await pair(t)
  const state = a.states.get('0_0') ?? assert.fail()
  assert.equal(a.manager.give('0_0', state), true)
  await b.activate('0_0')
  fleet.write('0_0', 'k', '2')
  await fleet.settle()
  assert.deepEqual([a.standbys, a.opened], [['0_0'], ['0_0']])
  assert.deepEqual(contents(state), { k: '2' })
})

test('a state that is no longer needed as a copy is closed when the others have theirs', async (t) => {
  const fleet = new Fleet(t, ['0_0'])
  const members = ['a', 'b', 'c'].map((name) => fleet.join(name))
  const [a, b, c] = members
  assert.ok(a && b && c)
  const state = await a.activate('0_0')
  await fleet.settle()
  const [copy, other] = b.standbys.length > 0 ? [b, c] : [c, b]
  a.manager.give('0_0', state)
  await other.activate('0_0')
  await fleet.settle()
  const holders = [a, copy].filter(({ standbys }) => standbys.length > 0)
  assert.equal(holders.length, 1)
  assert.equal(a.states.size + copy.states.size, 1)
})

test('a task that is active nowhere keeps its copy', async (t) => {
  const { fleet, a, b } = await pair(t)
  await fleet.end(a, true)
  await fleet.settle()
  assert.deepEqual(b.standbys, ['0_0'])
})

test('a copy that is to go elsewhere stays until the other one is warm', async (t) => {
  const { fleet, a, b } = await pair(t)
  for (let i = 0; i < 20_000; i++) fleet.write('0_0', `k${i}`, '1')
  await fleet.settle()
  // Two tasks more than the newcomer: b's copy moves.
  await b.activate('1_0')
  await b.activate('1_1')
  const c = fleet.join('c')
  c.isBusy = true
  const holders = (): string[] => {
    const members = Object.entries({ a, b, c })
    return members.flatMap(([name, { standbys }]) => (standbys.includes('0_0') ? [name] : []))
  }
  await fleet.settle()
  assert.deepEqual(holders(), ['b', 'c'])
  c.isBusy = false
  await fleet.settle()
  assert.deepEqual(holders(), ['c'])
  assert.equal(b.updates.findLast(({ taskId }) => taskId === '0_0')?.reason, 'migrated')
})

test('a standby that is just being opened when its task becomes active is handed over', async (t) => {
  const fleet = new Fleet(t, ['0_0'])
  const [a, b] = [fleet.join('a'), fleet.join('b')]
  await a.activate('0_0')
  const gate = deferred<undefined>()
  b.gate = gate.promise
  await fleet.settle()
  const taken = b.activate('0_0')
  await fleet.scheduler.advance(1000)
  gate.resolve(undefined)
  const state = await taken
  assert.equal(b.states.get('0_0'), state)
  assert.deepEqual(b.opened, ['0_0'])
  await fleet.settle()
  assert.deepEqual(b.standbys, [])
})

test('a corrupt copy is removed and begun again, and no other task is concerned', async (t) => {
  const fleet = new Fleet(t, ['0_0', '0_1'])
  const [a, b] = [fleet.join('a'), fleet.join('b')]
  for (const task of ['0_0', '0_1']) {
    await a.activate(task)
    fleet.write(task, 'k', '1')
  }
  await fleet.settle()
  const broken = b.states.get('0_0') ?? assert.fail()
  Object.assign(broken, {
    apply: () => Promise.reject(new MillraceError('MR_STATE_CORRUPT', 'bad block')),
  })
  fleet.write('0_0', 'k', '2')
  await fleet.settle()
  assert.deepEqual(b.discarded, ['0_0'])
  assert.deepEqual(b.opened.toSorted(), ['0_0', '0_0', '0_1'])
  assert.deepEqual(contents(b.states.get('0_0') ?? assert.fail()), { k: '2' })
})

test('a state that broke is not handed over', async (t) => {
  const { fleet, b } = await pair(t)
  const broken = b.states.get('0_0') ?? assert.fail()
  Object.assign(broken, {
    apply: () => Promise.reject(new MillraceError('MR_STATE_IO', 'read-only')),
  })
  fleet.write('0_0', 'k', '2')
  await fleet.scheduler.advance(200)
  assert.notEqual(await b.activate('0_0'), broken)
})

test('a state that cannot be opened is tried again after a while', async (t) => {
  const fleet = new Fleet(t, ['0_0'])
  const [a, b] = [fleet.join('a'), fleet.join('b')]
  await a.activate('0_0')
  b.openError = new MillraceError('MR_STATE_DISK_FULL', 'no space')
  await fleet.settle()
  b.openError = undefined
  await fleet.settle()
  assert.deepEqual(b.opened, [])
  await fleet.scheduler.advance(30_000)
  assert.deepEqual(b.opened, ['0_0'])
})

test('a copy on disk is taken up before a member copies from nothing', async (t) => {
  for (const name of ['b', 'c', 'd']) {
    const fleet = new Fleet(t, ['0_0'])
    const members = ['a', 'b', 'c', 'd'].map((one) => [one, fleet.join(one)] as const)
    for (const [one, member] of members) if (one === name) member.stored = ['0_0', '9_9']
    await members[0]?.[1].activate('0_0')
    await fleet.settle()
    const holders = members.filter(([, { standbys }]) => standbys.length > 0)
    assert.deepEqual(
      holders.map(([one]) => one),
      [name],
    )
  }
})

test('while the broker is away copies wait, and go on when it is back', async (t) => {
  const { fleet, b } = await pair(t)
  fleet.logs.error = new MillraceError('MR_BROKER_UNAVAILABLE', 'no answer')
  await fleet.scheduler.advance(120_000)
  fleet.write('0_0', 'k', '2')
  fleet.logs.error = undefined
  await fleet.settle()
  assert.deepEqual([b.standbys, b.opened], [['0_0'], ['0_0']])
  assert.deepEqual(contents(b.states.get('0_0') ?? assert.fail()), { k: '2' })
})

for (const [why, change] of [
  [
    'was made anew',
    (fleet: Fleet): void => {
      const log = fleet.logs.log('0_0')
      log.entries.length = 0
      log.topicId = 'second'
    },
  ],
  [
    'was cut off',
    (fleet: Fleet): void => {
      const log = fleet.logs.log('0_0')
      for (let i = 0; i < 10; i++) log.append('gone', String(i))
      log.start = log.end
    },
  ],
] as const) {
  test(`a copy whose changelog ${why} while it is followed is built anew`, async (t) => {
    const { fleet, b } = await pair(t)
    b.isBusy = true // so that it does not see the records before they are gone
    await fleet.scheduler.advance(1000)
    change(fleet)
    fleet.write('0_0', 'new', '1')
    b.isBusy = false
    await fleet.settle()
    assert.deepEqual(contents(b.states.get('0_0') ?? assert.fail()), { new: '1' })
  })
}

test('copies rest while active tasks are restored', async (t) => {
  const { fleet, b } = await pair(t)
  b.isBusy = true
  await fleet.scheduler.advance(1000)
  fleet.write('0_0', 'k', '2')
  await fleet.settle()
  assert.deepEqual(contents(b.states.get('0_0') ?? assert.fail()), { k: '1' })
  b.isBusy = false
  await fleet.scheduler.advance(1000)
  assert.deepEqual(contents(b.states.get('0_0') ?? assert.fail()), { k: '2' })
})

test('closing closes the states of all copies', async (t) => {
  const { fleet, b } = await pair(t)
  await fleet.end(b, true)
  assert.equal(b.states.size, 0)
  assert.equal(b.updates.at(-1)?.reason, 'closed')
})

test('a state that is just being opened when the member closes is closed as well', async (t) => {
  const fleet = new Fleet(t, ['0_0'])
  const [a, b] = [fleet.join('a'), fleet.join('b')]
  await a.activate('0_0')
  const gate = deferred<undefined>()
  b.gate = gate.promise
  await fleet.settle()
  assert.deepEqual([b.opened, [...b.states.keys()]], [['0_0'], []])
  const closed = b.manager.close({ isLeaving: false })
  await fleet.scheduler.advance(2000)
  gate.resolve(undefined)
  await closed
  assert.deepEqual([...b.states.keys()], [])
})

test('tasks without a changelog are none of its business', async (t) => {
  const { b } = await pair(t)
  assert.equal(await b.manager.take('7_7'), undefined)
  const state = await inMemory().open({ taskId: '7_7', stores: [], directory: '' })
  assert.equal(b.manager.give('7_7', state), false)
})
