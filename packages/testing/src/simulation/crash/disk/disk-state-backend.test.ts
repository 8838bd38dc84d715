import { bytesToMapKey, type StateBackend, type TaskState } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testKeyValueStore } from '../../../contract/key-value-store.ts'
import { SeededRandom } from '../../../contract/seeded-random.ts'
import { VirtualScheduler } from '../../time/virtual-scheduler.ts'
import { contentsOf } from './disk-contents.ts'
import { diskState } from './disk-state-backend.ts'
import { SimulatedDisk } from './simulated-disk.ts'

interface Bed {
  readonly scheduler: VirtualScheduler
  readonly disk: SimulatedDisk
  backend(name: string, isAsync: boolean, splitsRanges?: boolean): StateBackend
  kill(name: string): void
}

function openBed(seed = 1): Bed {
  const scheduler = new VirtualScheduler({ seed })
  const disk = new SimulatedDisk('disk')
  const processes = new Map<string, ReturnType<VirtualScheduler['createProcess']>>()
  return {
    scheduler,
    disk,
    backend(name, isAsync, splitsRanges = false) {
      const process = scheduler.createProcess(name)
      processes.set(name, process)
      const random = new SeededRandom(seed)
      return diskState({ disk, process, random, isAsync, splitsRanges, openPlaces: new Set() })
    },
    kill: (name) => {
      processes.get(name)?.kill()
    },
  }
}

const open = async (bed: Bed, backend: StateBackend): Promise<TaskState> => {
  const opening = Promise.resolve(backend.open({ taskId: '0_0', stores: ['s'], directory: '' }))
  return bed.scheduler.settle(opening)
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const write = (key: string, value: string) => ({
  key: bytes(key),
  mapKey: bytesToMapKey(bytes(key)),
  value: bytes(value),
})
const at = (offset: number) => new Map([['s', { offset, topicId: 't' }]])

/** What is on the disk, and the position. */
function onDisk(disk: SimulatedDisk): string {
  const found = contentsOf(disk, '0_0').get('s')
  const entries = [...(found?.entries ?? [])].map(([key, value]) => `${key}=${value}`)
  return `${entries.join(' ')} @${found?.position?.offset ?? 'none'}`
}

testKeyValueStore('simulated disk', () => ({ backend: openBed().backend('p', false) }))

test('a kill leaves all of an apply or nothing, with its position', async () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) {
    const bed = openBed(seed)
    const state = await open(bed, bed.backend('p', true))
    void state.apply([{ store: 's', writes: [write('a', '1'), write('b', '1')] }], at(3))
    await bed.scheduler.run(() => false, { maxVirtualMs: seed / 2 })
    bed.kill('p')
    await bed.scheduler.run(() => false)
    seen.add(onDisk(bed.disk))
  }
  assert.deepEqual([...seen].sort(), [' @none', 'a=1 b=1 @3'])
})

test('deleted ranges may reach the disk without the writes that came with them', async () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 60; seed++) {
    const bed = openBed(seed)
    const state = await open(bed, bed.backend('p', true, true))
    const applied = Promise.resolve(state.apply([{ store: 's', writes: [write('a', '1')] }], at(3)))
    await bed.scheduler.settle(applied)
    const deletedRanges = [{ from: bytes('a'), to: bytes('b') }]
    void state.apply([{ store: 's', deletedRanges, writes: [write('b', '1')] }], at(5))
    await bed.scheduler.run(() => false, { maxVirtualMs: seed })
    bed.kill('p')
    await bed.scheduler.run(() => false)
    seen.add(onDisk(bed.disk))
  }
  assert.deepEqual([...seen].sort(), [' @3', 'a=1 @3', 'b=1 @5'])
})

test('a power cut takes back the last steps, as many as the seed says', async () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) {
    const bed = openBed(seed)
    const state = await open(bed, bed.backend('p', false))
    for (let i = 1; i <= 3; i++) {
      await state.apply([{ store: 's', writes: [write('a', String(i))] }], at(i))
    }
    bed.disk.powerCut(new SeededRandom(seed))
    seen.add(onDisk(bed.disk))
    const reopened = await open(bed, bed.backend('q', true))
    const { offset } = reopened.position('s') ?? { offset: 'none' }
    assert.match(onDisk(bed.disk), new RegExp(`@${offset}$`))
  }
  assert.deepEqual([...seen].sort(), [' @none', 'a=1 @1', 'a=2 @2', 'a=3 @3'])
})
