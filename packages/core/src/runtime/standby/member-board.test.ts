import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { MillraceError } from '../../errors/millrace-error.ts'
import { silentLogger } from '../../observe/logger.ts'
import { TestLogs } from './logs.testkit.ts'
import { ManualScheduler } from './manual-scheduler.testkit.ts'
import { MemberBoard } from './member-board.ts'
import { decodeMemberRecord } from './member-record.ts'
import { seeded } from './seeded.testkit.ts'

const TOPIC = 'app-members'
const HEARTBEAT_MS = 3000

class Meeting {
  readonly logs = new TestLogs()
  readonly scheduler = new ManualScheduler()
  readonly #context: TestContext
  readonly #random = seeded(1)

  constructor(context: TestContext) {
    this.#context = context
  }

  join(
    instanceId: string,
    active: string[] = [],
    onNews: () => void = () => undefined,
  ): MemberBoard {
    const board = new MemberBoard({
      topic: TOPIC,
      instanceId,
      reader: this.logs.reader(),
      producer: this.logs.producer(),
      admin: this.logs.admin(),
      scheduler: this.scheduler,
      random: this.#random,
      logger: silentLogger,
      status: () => ({ active, standby: {} }),
      onNews,
    })
    board.open()
    this.#context.after(() => this.close(board, false))
    return board
  }

  async close(board: MemberBoard, isLeaving: boolean): Promise<void> {
    const closed = board.close({ isLeaving })
    await this.scheduler.advance(2000)
    await closed
  }

  /** What was said, as `instance active…`, a farewell as `instance -`. */
  get said(): readonly string[] {
    return this.logs.log(TOPIC).entries.map((entry) => {
      const record = decodeMemberRecord(entry?.value ?? Buffer.of())
      return `${Buffer.from(entry?.key ?? []).toString()} ${record?.active.join() ?? '-'}`
    })
  }
}

function names(board: MemberBoard): string[] {
  return [...board.others.keys()].sort()
}

test('members hear of each other at once, whoever came first', async (t) => {
  const meeting = new Meeting(t)
  const a = meeting.join('a')
  await meeting.scheduler.advance(10_000)
  const b = meeting.join('b')
  await meeting.scheduler.advance(1000)
  assert.deepEqual(names(a), ['b'])
  assert.deepEqual(names(b), ['a'])
})

test('a view settles when a heartbeat of its own came back', async (t) => {
  const meeting = new Meeting(t)
  const a = meeting.join('a')
  await meeting.scheduler.advance(HEARTBEAT_MS - 1)
  assert.equal(a.isSettled, false)
  await meeting.scheduler.advance(1000)
  assert.equal(a.isSettled, true)
})

test('a change is told soon, and changes of one moment are told once', async (t) => {
  const meeting = new Meeting(t)
  const active: string[] = []
  const a = meeting.join('a', active)
  await meeting.scheduler.advance(1000)
  for (const task of ['0_0', '0_1', '0_2']) {
    active.push(task)
    a.announce()
  }
  await meeting.scheduler.advance(500)
  assert.deepEqual(meeting.said, ['a ', 'a 0_0,0_1,0_2'])
})

test('a member that leaves says so, and is forgotten at once', async (t) => {
  const meeting = new Meeting(t)
  const a = meeting.join('a')
  const b = meeting.join('b')
  await meeting.scheduler.advance(1000)
  await meeting.close(b, true)
  assert.equal(meeting.said.includes('b -'), true)
  assert.deepEqual(names(a), [])
})

test('a member that will be back says no farewell', async (t) => {
  const meeting = new Meeting(t)
  const a = meeting.join('a')
  const b = meeting.join('b')
  await meeting.scheduler.advance(1000)
  await meeting.close(b, false)
  assert.deepEqual(names(a), ['b'])
  assert.equal(meeting.said.includes('b -'), false)
})

test('a member that died is gone after five heartbeats', async (t) => {
  const meeting = new Meeting(t)
  let news = 0
  const a = meeting.join('a', [], () => news++)
  const b = meeting.join('b')
  await meeting.scheduler.advance(1000)
  await meeting.close(b, false)
  await meeting.scheduler.advance(4 * HEARTBEAT_MS)
  assert.deepEqual(names(a), ['b'])
  const before = news
  await meeting.scheduler.advance(2 * HEARTBEAT_MS)
  assert.deepEqual(names(a), [])
  assert.equal(news, before + 1)
})

test('nobody is gone because the broker is away, however long', async (t) => {
  const meeting = new Meeting(t)
  const a = meeting.join('a')
  const b = meeting.join('b')
  await meeting.scheduler.advance(1000)
  meeting.logs.error = new MillraceError('MR_BROKER_UNAVAILABLE', 'no answer')
  await meeting.scheduler.advance(60 * HEARTBEAT_MS)
  meeting.logs.error = undefined
  await meeting.scheduler.advance(2 * HEARTBEAT_MS)
  assert.deepEqual(names(a), ['b'])
  assert.deepEqual(names(b), ['a'])
})

test('what is not understood is left out', async (t) => {
  const meeting = new Meeting(t)
  const a = meeting.join('a')
  await meeting.scheduler.advance(1000)
  const log = meeting.logs.log(TOPIC)
  log.append('b', '{"v":2}')
  log.append(null, '{}')
  await meeting.scheduler.advance(1000)
  assert.deepEqual(names(a), [])
})

test('a log that was cut off is read from its end', async (t) => {
  const meeting = new Meeting(t)
  const a = meeting.join('a')
  await meeting.scheduler.advance(1000)
  const log = meeting.logs.log(TOPIC)
  for (let i = 0; i < 10; i++) log.append('z', '{}')
  log.start = log.end
  meeting.join('b')
  await meeting.scheduler.advance(2 * HEARTBEAT_MS)
  assert.deepEqual(names(a), ['b'])
})
