import { connect, type Socket } from 'node:net'
import type { ArmedInterception, ProxyDirection } from './interception.ts'

/** What a proxy does to bytes that come now. */
export interface ProxyState {
  /** Bytes wait; they keep their order. */
  isStalled(): boolean
  /** Bytes are taken and vanish. */
  isBlackHole(): boolean
  delayMs(): number
  /** The fault that waits for this chunk, and where in it; it waits no more. */
  takeInterception(
    direction: ProxyDirection,
    chunk: Buffer,
  ): { readonly interception: ArmedInterception; readonly index: number } | undefined
}

interface Held {
  /** Null is the end. */
  readonly chunk: Buffer | null
  readonly dueMs: number
}

interface Pipe {
  readonly direction: ProxyDirection
  readonly from: Socket
  readonly to: Socket
  /** What waits, in order. */
  readonly held: Held[]
  /** Stalled by an interception, apart from the proxy. */
  isHeld: boolean
  timer: NodeJS.Timeout | undefined
}

/** A client's connection, and the one that the proxy made for it. */
export class ProxiedConnection {
  readonly #client: Socket
  readonly #target: Socket
  readonly #proxy: ProxyState
  readonly #pipes: readonly Pipe[]
  #losesAnswerTo: ArmedInterception | undefined
  /** Bytes of it have vanished: it makes no sense to either side any more. */
  isBroken = false

  constructor(client: Socket, address: { host: string; port: number }, proxy: ProxyState) {
    this.#client = client
    this.#target = connect({ ...address, allowHalfOpen: true, noDelay: true })
    this.#proxy = proxy
    this.#pipes = [
      {
        direction: 'to-target',
        from: client,
        to: this.#target,
        held: [],
        isHeld: false,
        timer: undefined,
      },
      {
        direction: 'to-client',
        from: this.#target,
        to: client,
        held: [],
        isHeld: false,
        timer: undefined,
      },
    ]
    for (const pipe of this.#pipes) this.#attach(pipe)
  }

  /** Called when either side is gone. */
  onClose(callback: () => void): void {
    this.#client.once('close', callback)
    this.#target.once('close', callback)
  }

  /** Severs it: the client sees a reset; what was not passed on is lost. */
  cut(): void {
    for (const { timer } of this.#pipes) clearTimeout(timer)
    this.#client.resetAndDestroy()
    this.#target.destroy()
  }

  /** Passes on what waits, unless it still has to. */
  flush(): void {
    for (const pipe of this.#pipes) this.#flushPipe(pipe)
  }

  #attach(pipe: Pipe): void {
    pipe.from.on('data', (chunk: Buffer) => {
      this.#receive(pipe, chunk)
    })
    pipe.from.on('end', () => {
      this.#later(pipe, null)
    })
    pipe.from.on('error', () => {
      this.cut()
    })
    pipe.from.on('close', (hadError) => {
      if (hadError) this.cut()
    })
    pipe.to.on('drain', () => {
      pipe.from.resume()
    })
  }

  #receive(pipe: Pipe, chunk: Buffer): void {
    if (this.#proxy.isBlackHole()) {
      this.isBroken = true
      return
    }
    if (pipe.direction === 'to-client' && this.#losesAnswerTo !== undefined) {
      const interception = this.#losesAnswerTo
      this.cut()
      interception.markReached()
      return
    }
    const found = this.#proxy.takeInterception(pipe.direction, chunk)
    if (found === undefined) this.#later(pipe, chunk)
    else this.#intercept(pipe, chunk, found)
  }

  #intercept(
    pipe: Pipe,
    chunk: Buffer,
    { interception, index }: { readonly interception: ArmedInterception; readonly index: number },
  ): void {
    switch (interception.rule.then) {
      case 'lose-answer':
        this.#losesAnswerTo = interception
        this.#later(pipe, chunk)
        return
      case 'cut':
        if (index > 0) pipe.to.write(chunk.subarray(0, index))
        this.#client.resetAndDestroy()
        this.#target.destroySoon()
        interception.markReached()
        return
      case 'stall':
        if (index > 0) this.#later(pipe, chunk.subarray(0, index))
        pipe.isHeld = true
        this.#later(pipe, chunk.subarray(index))
        interception.onResume(() => {
          pipe.isHeld = false
          this.#flushPipe(pipe)
        })
        interception.markReached()
    }
  }

  #later(pipe: Pipe, chunk: Buffer | null): void {
    pipe.held.push({ chunk, dueMs: Date.now() + this.#proxy.delayMs() })
    this.#flushPipe(pipe)
  }

  /** Reading goes on while bytes are held: the end of the other side must be seen. */
  #flushPipe(pipe: Pipe): void {
    while (!pipe.isHeld && !this.#proxy.isStalled() && !pipe.to.destroyed) {
      const [first] = pipe.held
      if (first === undefined) break
      const waitMs = this.#proxy.delayMs() === 0 ? 0 : first.dueMs - Date.now()
      if (waitMs > 0) {
        clearTimeout(pipe.timer)
        pipe.timer = setTimeout(() => {
          this.#flushPipe(pipe)
        }, waitMs)
        break
      }
      pipe.held.shift()
      if (first.chunk === null) pipe.to.end()
      else if (!pipe.to.write(first.chunk)) pipe.from.pause()
    }
  }
}
