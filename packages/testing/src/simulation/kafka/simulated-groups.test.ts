import { MillraceError } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SimulatedProcess } from '../time/simulated-process.ts'
import { memberOptions, PollingMember, SimulationBed } from './simulation-bed.testkit.ts'

const PARTITIONS = 4
const AT = { topic: 'in', partition: 0 }

function start(bed: SimulationBed, process: SimulatedProcess, own = {}): PollingMember {
  const port = bed.kafka.connect(process)
  const member = new PollingMember(port.groupConsumer(memberOptions(own)))
  member.run('in').catch((error: unknown) => {
    if (!MillraceError.is(error, 'MR_KAFKA')) throw error // Closed under it.
  })
  return member
}

function ownedBy(members: readonly PollingMember[]): readonly number[] {
  return members.map(({ owned }) => owned.size)
}

describe('groups of the simulated Kafka', () => {
  test('a killed member keeps its partitions until its session ends', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    const [victim, other] = [bed.process('victim'), bed.process('other')]
    const members = [start(bed, victim), start(bed, other)]
    await bed.pass(5000)
    assert.deepEqual(ownedBy(members), [2, 2])
    victim.kill()
    await bed.pass(5000)
    assert.deepEqual(ownedBy(members), [2, 2])
    await bed.pass(3000)
    assert.deepEqual(ownedBy(members), [2, 4])
  })

  test('a member that stood still for too long is told that its partitions are lost', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    const [still, other] = [bed.process('still'), bed.process('other')]
    const members = [start(bed, still), start(bed, other)]
    await bed.pass(5000)
    const before = members[0]?.events.length ?? 0
    still.pause()
    await bed.pass(10_000)
    assert.deepEqual(ownedBy(members), [2, 4])
    still.resume()
    await bed.pass(5000)
    const news = members[0]?.events.slice(before) ?? []
    assert.equal(news[0]?.kind, 'revoked')
    assert.ok('lost' in news[0] && news[0].lost)
    assert.deepEqual(ownedBy(members), [2, 2])
    const heard = members[1]?.events.filter((event) => event.kind === 'revoked')
    assert.ok(heard?.every((event) => !event.lost))
  })

  test('a member that does not poll for too long loses its partitions, though its process lives', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    const idle = start(bed, bed.process('idle'), { maxPollIntervalMs: 10_000 })
    const other = start(bed, bed.process('other'))
    await bed.pass(5000)
    idle.stop()
    await bed.pass(15_000)
    assert.deepEqual(ownedBy([idle, other]), [2, 4])
    await bed.settle(idle.step())
    assert.equal(idle.owned.size, 0)
    assert.ok(idle.events.some((event) => event.kind === 'revoked' && event.lost))
  })

  test('cooperative members keep what stays; eager ones give everything back first', async () => {
    for (const rebalanceProtocol of ['cooperative', 'eager'] as const) {
      const bed = new SimulationBed({ rebalanceProtocol })
      bed.topic('in', PARTITIONS)
      const first = start(bed, bed.process('first'))
      await bed.pass(3000)
      const second = start(bed, bed.process('second'))
      await bed.pass(5000)
      assert.deepEqual(ownedBy([first, second]), [2, 2])
      const revoked = first.events.filter((event) => event.kind === 'revoked')
      assert.ok(revoked.every((event) => !event.lost))
      const given = revoked.flatMap(({ partitions }) => partitions)
      assert.equal(given.length, rebalanceProtocol === 'eager' ? 4 : 2)
    }
  })

  test('a forced rebalance changes the generation and no partition', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    const members = [start(bed, bed.process('a')), start(bed, bed.process('b'))]
    await bed.pass(5000)
    const before = members.map(({ owned }) => [...owned].sort())
    const events = members.map((member) => member.events.length)
    bed.kafka.forceRebalance('group')
    await bed.pass(2000)
    assert.deepEqual(
      members.map(({ owned }) => [...owned].sort()),
      before,
    )
    for (const [index, member] of members.entries()) {
      const news = member.events.slice(events[index])
      assert.deepEqual(news, [{ kind: 'assigned', partitions: [] }])
    }
  })

  test('partitions that a topic gains are given out', async () => {
    const bed = new SimulationBed()
    bed.topic('in', 2)
    const member = start(bed, bed.process())
    await bed.pass(2000)
    assert.equal(member.owned.size, 2)
    const admin = bed.port('admin').admin({ clientId: 'admin' })
    await bed.settle(admin.growTopic('in', 5))
    await bed.pass(2000)
    assert.equal(member.owned.size, 5)
  })

  test('a coordinator that is away for less than a session changes nothing', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    const members = [start(bed, bed.process('a')), start(bed, bed.process('b'))]
    await bed.pass(5000)
    const before = members.map(({ events }) => events.length)
    bed.kafka.network.takeDown(bed.kafka.network.coordinatorOf('group'), 5500)
    await bed.pass(15_000)
    assert.deepEqual(ownedBy(members), [2, 2])
    assert.deepEqual(
      members.map(({ events }) => events.length),
      before,
    )
  })

  test('a coordinator that is away for longer costs the members their partitions, for a while', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    const members = [start(bed, bed.process('a')), start(bed, bed.process('b'))]
    await bed.pass(5000)
    bed.kafka.network.takeDown(bed.kafka.network.coordinatorOf('group'), 10_000)
    await bed.pass(9000)
    assert.deepEqual(ownedBy(members), [0, 0])
    await bed.pass(10_000)
    assert.deepEqual(ownedBy(members), [2, 2])
  })
})

test('a coordinator that was away waits a whole session for the members that it knows', async () => {
  const bed = new SimulationBed()
  bed.topic('in', PARTITIONS)
  const admin = bed.port('admin').admin({ clientId: 'admin' })
  const members = async (): Promise<number> =>
    (await bed.settle(admin.describeGroup('group'))).length
  const victim = bed.process('victim')
  start(bed, victim)
  await bed.pass(5000)
  bed.kafka.network.takeDown(bed.kafka.network.coordinatorOf('group'), 10_000)
  victim.kill()
  await bed.pass(15_000)
  assert.equal(await members(), 1)
  await bed.pass(2000)
  assert.equal(await members(), 0)
})

describe('offsets of the simulated Kafka', () => {
  test('offsets of topics that nobody subscribes to expire, those of the others do not', async () => {
    const bed = new SimulationBed({ offsetsRetentionMs: 60_000 })
    bed.topic('in')
    bed.topic('other')
    const member = start(bed, bed.process())
    await bed.pass(2000)
    const other = { topic: 'other', partition: 0 }
    const offsets = [AT, other].map((at) => ({ ...at, offset: 5, metadata: 'm' }))
    await bed.settle(member.consumer.commit(offsets))
    const read = async (): Promise<readonly (number | undefined)[]> =>
      (await member.consumer.committed([AT, other])).map(({ offset }) => offset)
    await bed.pass(50_000)
    assert.deepEqual(await bed.settle(read()), [5, 5])
    await bed.pass(20_000)
    assert.deepEqual(await bed.settle(read()), [5, undefined])
  })

  test('offsets of a group without members expire, counted from when the last one left', async () => {
    const bed = new SimulationBed({ offsetsRetentionMs: 60_000 })
    bed.topic('in')
    const member = start(bed, bed.process())
    await bed.pass(2000)
    await bed.settle(member.consumer.commit([{ ...AT, offset: 5, metadata: '' }]))
    await bed.pass(70_000)
    member.stop()
    await bed.settle(member.consumer.close())
    await bed.pass(50_000)
    const late = bed.port('late').groupConsumer(memberOptions())
    assert.equal((await bed.settle(late.committed([AT])))[0]?.offset, 5)
    await bed.pass(20_000)
    assert.equal((await bed.settle(late.committed([AT])))[0]?.offset, undefined)
  })
})
