import { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { TaskState } from '../../state/state-backend.ts'
import type { GlobalStore } from '../../topology/topology-node.ts'
import type { TaskStates } from '../task-states.ts'
import { storesOf } from './global-positions.ts'
import { GLOBAL_TASK_ID } from './global-store-task.ts'

/**
 * The state of an app's global stores, through all lives of its member: the next one goes on from where the last
 * one was, in memory too.
 */
export class GlobalState {
  readonly #states: TaskStates
  readonly #logger: Logger
  #state: TaskState | undefined

  constructor(states: TaskStates, logger: Logger) {
    this.#states = states
    this.#logger = logger
  }

  /** @throws MillraceError of {@link TaskStates.open} */
  async open(globalStores: readonly GlobalStore[]): Promise<TaskState> {
    const stores = storesOf(globalStores.map(({ store }) => store))
    this.#state ??= await this.#states.open(GLOBAL_TASK_ID, stores)
    return this.#state
  }

  /** After an error of the state it must be opened anew; after any other it is good as it is. */
  async ended(error: unknown): Promise<void> {
    if (MillraceError.is(error) && error.code.startsWith('MR_STATE_')) await this.close()
  }

  async close(): Promise<void> {
    const state = this.#state
    this.#state = undefined
    try {
      await state?.close()
    } catch (error) {
      this.#logger.warn('the state of the global stores failed to close', { error })
    }
  }
}
