import { wait } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SeededRandom } from '../../contract/seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { VirtualScheduler } from './virtual-scheduler.ts'

const START_MS = 1_700_000_000_000

/** Waits in a loop, and writes down when it went on. */
async function tick(process: SimulatedProcess, log: string[], steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await wait(process, 10)
    // A long chain of microtasks belongs to the event that began it.
    for (let i = 0; i < 50; i++) await Promise.resolve()
    log.push(`${process.name}${step}@${process.nowMs() - START_MS}`)
  }
}

async function never(): Promise<boolean> {
  return Promise.resolve(false)
}

describe('VirtualScheduler', () => {
  test('events come in the order of time, and the clock jumps to them', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    const log: string[] = []
    for (const delayMs of [30, 10, 20]) {
      scheduler.setTimer(delayMs, () => log.push(`${delayMs}@${scheduler.nowMs() - START_MS}`))
    }
    assert.equal(await scheduler.run(() => false), 'idle')
    assert.deepEqual(log, ['10@10', '20@20', '30@30'])
  })

  test('everything that an event sets going is done before the next event', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    const process = scheduler.createProcess('p')
    const log: string[] = []
    scheduler.setTimer(10.001, () => log.push('the next event'))
    await scheduler.settle(tick(process, log, 1))
    await scheduler.run(() => false)
    assert.deepEqual(log, ['p0@10', 'the next event'])
  })

  test('timers of one process that are due together come in their order', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const scheduler = new VirtualScheduler({ seed })
      const process = scheduler.createProcess('p')
      const log: number[] = []
      for (let i = 0; i < 5; i++) process.setTimer(7, () => log.push(i))
      await scheduler.run(() => false)
      assert.deepEqual(log, [0, 1, 2, 3, 4])
    }
  })

  test('the seed decides between processes that are due together', async () => {
    const orders = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const scheduler = new VirtualScheduler({ seed })
      const log: string[] = []
      for (const name of ['a', 'b']) {
        scheduler.createProcess(name).setTimer(7, () => log.push(name))
      }
      await scheduler.run(() => false)
      orders.add(log.join(''))
    }
    assert.deepEqual([...orders].sort(), ['ab', 'ba'])
  })

  test('a timer that was taken back does not come, and does not move the clock', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    let isCalled = false
    const cancel = scheduler.createProcess('p').setTimer(1000, () => {
      isCalled = true
    })
    cancel()
    assert.equal(await scheduler.run(() => false), 'idle')
    assert.equal(isCalled, false)
    assert.equal(scheduler.nowMs(), START_MS)
  })

  test('time passes for one that only yields', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    const process = scheduler.createProcess('p')
    const yieldFor = async (ms: number): Promise<void> => {
      const untilMs = process.nowMs() + ms
      while (process.nowMs() < untilMs) await wait(process, 0)
    }
    await scheduler.settle(yieldFor(5))
    assert.equal(scheduler.nowMs(), START_MS + 5)
  })

  test('a run ends at its limits, and goes on from there', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    const log: string[] = []
    const work = tick(scheduler.createProcess('p'), log, 5)
    assert.equal(await scheduler.run(() => false, { maxVirtualMs: 25 }), 'max-virtual-time')
    assert.deepEqual(log, ['p0@10', 'p1@20'])
    assert.equal(scheduler.nowMs(), START_MS + 25)
    assert.equal(await scheduler.run(() => false, { maxEvents: 1 }), 'max-events')
    assert.equal(log.length, 3)
    await scheduler.settle(work)
    assert.equal(log.length, 5)
  })

  test('a run rejects with what an event throws, and with idle when work cannot settle', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    const boom = new Error('boom')
    scheduler.setTimer(1, () => {
      throw boom
    })
    await assert.rejects(
      scheduler.run(() => false),
      boom,
    )
    await assert.rejects(scheduler.settle(new Promise(() => undefined)), /did not settle: idle/)
    await scheduler.settle(never())
  })
})

describe('SimulatedProcess', () => {
  test('nothing reaches a process that was killed', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    const process = scheduler.createProcess('p')
    const log: string[] = []
    void tick(process, log, 5)
    scheduler.setTimer(25, () => {
      process.kill()
    })
    assert.equal(await scheduler.run(() => false), 'idle')
    assert.deepEqual(log, ['p0@10', 'p1@20'])
    assert.equal(scheduler.nowMs(), START_MS + 25)
    process.setTimer(1, () => log.push('after'))
    assert.equal(await scheduler.run(() => false), 'idle')
    assert.equal(log.length, 2)
  })

  test('a process that was paused goes on when it is resumed, in order', async () => {
    const scheduler = new VirtualScheduler({ seed: 3 })
    const process = scheduler.createProcess('p')
    const log: string[] = []
    const at = (name: string) => () => log.push(`${name}@${process.nowMs() - START_MS}`)
    process.setTimer(20, at('second'))
    process.setTimer(10, at('first'))
    process.setTimer(200, at('third'))
    process.pause()
    scheduler.setTimer(100, () => {
      process.resume()
    })
    await scheduler.run(() => false)
    assert.deepEqual(log, ['first@100', 'second@100', 'third@200'])
  })

  test('a hook that kills drops the delivery; one that pauses postpones it', async () => {
    const scheduler = new VirtualScheduler({ seed: 1 })
    const [killed, paused] = [scheduler.createProcess('killed'), scheduler.createProcess('paused')]
    const log: string[] = []
    scheduler.beforeDelivery(({ process, operation, phase }) => {
      if (operation !== 'commit' || phase !== 'request') return
      if (process === killed) process.kill()
      else if (log.length === 0) process.pause()
    })
    killed.request(5, 'commit', () => log.push('killed'))
    paused.request(5, 'commit', () => log.push('paused'))
    assert.equal(await scheduler.run(() => false), 'idle')
    assert.equal(log.length, 0)
    log.push('resumed')
    paused.resume()
    assert.equal(await scheduler.run(() => false), 'idle')
    assert.deepEqual(log, ['resumed', 'paused'])
  })
})

test('the same seed gives the same run, another seed another one', async () => {
  const runOnce = async (seed: number): Promise<string> => {
    const scheduler = new VirtualScheduler({ seed })
    const random = new SeededRandom(seed)
    const processes = ['a', 'b', 'c'].map((name) => scheduler.createProcess(name))
    const loop = async (process: SimulatedProcess): Promise<void> => {
      for (let i = 0; i < 50; i++) await wait(process, random.below(3))
    }
    await scheduler.settle(Promise.all(processes.map(loop)))
    return `${scheduler.executed} ${scheduler.traceHash}`
  }
  assert.equal(await runOnce(7), await runOnce(7))
  assert.notEqual(await runOnce(7), await runOnce(8))
})
