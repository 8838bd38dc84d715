import type { RestoreListener, StateListener } from '@millrace/core'
import { INSTANCE_VARIABLE, STATE_DIR_VARIABLE } from './environment.ts'
import { tell } from './member-message.ts'

/** An app's own listeners; they are called as well. */
export interface MemberListeners {
  readonly onStateChange?: StateListener
  readonly onRestore?: RestoreListener
}

/** A part of the options of `createApp`. */
export interface MemberOptions extends MemberListeners {
  readonly instanceId?: string
  readonly stateDir?: string
}

/**
 * The options of an app that are its supervisor's to give: which member this process is, where it
 * keeps its state, and listeners that tell the supervisor what it does. Without `millrace run` it
 * returns what it was given, so the same module also runs by itself.
 *
 * Spread it last: what comes after it wins. When the supervisor is gone, the process gets SIGTERM.
 */
export function memberOptions(listeners: MemberListeners = {}): MemberOptions {
  const instanceId = process.env[INSTANCE_VARIABLE]
  if (instanceId === undefined || process.send === undefined) return { ...listeners }
  leaveWithSupervisor()
  const stateDir = process.env[STATE_DIR_VARIABLE]
  return {
    instanceId,
    ...(stateDir === undefined ? {} : { stateDir }),
    onStateChange: (state, before) => {
      tell({ millrace: 'state', state })
      listeners.onStateChange?.(state, before)
    },
    onRestore: (progress) => {
      tell({ millrace: 'restore', progress })
      listeners.onRestore?.(progress)
    },
  }
}

/** A supervisor that is killed cannot end its members, and nobody would restart or stop them. */
function leaveWithSupervisor(): void {
  const leave = (): void => {
    process.kill(process.pid, 'SIGTERM')
  }
  if (!process.connected) leave() // it was gone before this module was loaded
  process.once('disconnect', leave)
  // The listener would keep a process alive that has nothing else to do.
  process.channel?.unref()
}
