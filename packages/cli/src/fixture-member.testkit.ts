import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { memberOptions } from './index.ts'

// A module for `millrace run` in tests: `fixture-member.testkit.ts WHAT [FILE]`.

const [what = '', file = ''] = process.argv.slice(2)

/** Alive until SIGTERM or SIGINT, as an app is. */
function idle(): void {
  const timer = setInterval(() => undefined, 1000)
  const leave = (signal: NodeJS.Signals): void => {
    clearInterval(timer)
    console.log(`leaves after ${signal}`)
  }
  process.once('SIGTERM', leave)
  process.once('SIGINT', leave)
}

function tellRunning(): void {
  const { onStateChange, onRestore } = memberOptions()
  onStateChange?.('rebalancing', 'created')
  const place = { taskId: '0_0', store: 's', topic: 't', partition: 0 }
  const store = { ...place, restoredBytes: 100, elapsedMs: 1 }
  onRestore?.({ ...store, restored: 5, total: 10, remaining: 5, phase: 'start' })
  onRestore?.({ ...store, restored: 10, total: 10, remaining: 0, phase: 'end' })
  onStateChange?.('running', 'rebalancing')
}

if (what === 'late') await once(process, 'disconnect')
const { instanceId, stateDir } = memberOptions()
switch (what) {
  case 'late':
    idle()
    break
  case 'idle':
    idle()
    tellRunning()
    console.log(`is ${instanceId ?? 'nobody'} in ${stateDir ?? 'no folder'}`)
    console.error(`warns, pid ${process.pid}`)
    break
  case 'finish':
    console.log('finishes')
    break
  case 'throw':
    throw new Error('broken at load')
  case 'crash':
    tellRunning()
    setImmediate(() => process.exit(3))
    break
  case 'crash-once':
    if (existsSync(file)) idle()
    else {
      writeFileSync(file, '')
      process.kill(process.pid, 'SIGKILL')
    }
    console.log(`lives as ${instanceId ?? 'nobody'}`)
    break
  case 'stubborn':
    idle()
    process.on('SIGTERM', () => undefined)
    setInterval(() => undefined, 1000)
    console.log('stays')
    break
  case 'chatty': {
    let said = 0
    setInterval(() => {
      console.log(`says ${++said}`)
    }, 20)
    // Longer than it takes for a second signal to be taken for one.
    process.once('SIGTERM', () => setTimeout(() => process.exit(), 1000))
    break
  }
  case 'leave-behind': {
    const below = spawn('sleep', ['60'], { stdio: 'inherit', detached: true })
    below.unref()
    console.log(`leaves ${below.pid ?? 0} behind`)
    break
  }
  case 'flood':
    for (let line = 0; line < Number(file); line++) console.log(`line ${line} ${'x'.repeat(200)}`)
    break
}
