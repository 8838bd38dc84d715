import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServerMessage } from './counting-server.ts'

const PROGRAM = fileURLToPath(new URL('counting-server.ts', import.meta.url))

/** A server in a process of its own, so that its CPU time is not the client's. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}/events`
  }

  static async start(): Promise<ServerProcess> {
    const child = fork(PROGRAM, { execArgv: ['--conditions=@millrace/source', '--no-warnings'] })
    const message = await next(child)
    if (message.kind !== 'listens') throw new Error('the server has not said where it listens')
    return new ServerProcess(child, message.port)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Requests and keys since the last call. */
  async counts(): Promise<{ readonly requests: number; readonly keys: number }> {
    const answer = next(this.#child)
    this.#child.send('count')
    const message = await answer
    if (message.kind !== 'counted') throw new Error('the server has not counted')
    return message
  }

  stop(): void {
    this.#child.disconnect()
  }
}

async function next(child: ChildProcess): Promise<ServerMessage> {
  const [message] = (await once(child, 'message')) as [ServerMessage] // the program sends nothing else
  return message
}
