/** What is read of V8's .cpuprofile. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      /** From 0. */
      readonly lineNumber: number
    }
  }[]
  /** The node at the top of the stack, at each sample. */
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

export interface SelfTime {
  readonly name: string
  readonly micros: number
}

export interface SelfTimes {
  /** Where the code comes from: a package, a folder of it, Node, native code, the engine itself. */
  readonly byOrigin: readonly SelfTime[]
  readonly byFunction: readonly SelfTime[]
  /** All but idle time. */
  readonly busyMicros: number
  readonly idleMicros: number
}

const IDLE = '(idle)'

/** Adds up the time of the samples, the largest first. Idle time is counted apart. */
export function selfTimes(profile: CpuProfile): SelfTimes {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const origins = new Map<string, number>()
  const functions = new Map<string, number>()
  let busyMicros = 0
  let idleMicros = 0
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id)
    // The time until the next sample is that of this one.
    const micros = Math.max(0, profile.timeDeltas[index + 1] ?? 0)
    if (frame === undefined) return
    if (frame.functionName === IDLE) {
      idleMicros += micros
      return
    }
    busyMicros += micros
    const { functionName, url, lineNumber } = frame
    const origin = originOf(url, functionName)
    const name = functionName === '' ? '(anonymous)' : functionName
    const place = url === '' ? origin : `${fileOf(url)}:${lineNumber + 1}`
    add(origins, origin, micros)
    add(functions, url === '' && name === origin ? name : `${name} ${place}`, micros)
  })
  return { byOrigin: sorted(origins), byFunction: sorted(functions), busyMicros, idleMicros }
}

/** `@millrace/core` has layers: they are told apart. */
function originOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native'
  if (url.startsWith('node:')) return 'node'
  const dependency = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (dependency !== undefined) return dependency
  const source = /\/packages\/([^/]+)\/(?:src|dist)\/(?:(.+)\/)?[^/]+$/.exec(url)
  if (source !== null) return [source[1], source[2]].filter((part) => part !== undefined).join('/')
  return url.includes('/bench/') ? 'bench' : fileOf(url)
}

function fileOf(url: string): string {
  return url.replace(/^.*\/(?=packages\/|node_modules\/|bench\/)/, '').replace(/^file:\/\//, '')
}

function add(sums: Map<string, number>, key: string, micros: number): void {
  sums.set(key, (sums.get(key) ?? 0) + micros)
}

function sorted(sums: ReadonlyMap<string, number>): SelfTime[] {
  return [...sums].map(([name, micros]) => ({ name, micros })).sort((a, b) => b.micros - a.micros)
}
