import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { KafkaPort } from '../../kafka/kafka-port.ts'
import type { Logger } from '../../observe/logger.ts'
import type { StateStore } from '../../state/state-store.ts'
import type { Scheduler } from '../../time/clock.ts'
import type { GlobalStore } from '../../topology/topology-node.ts'
import { restoreLog } from '../restore-log.ts'
import type { RestoreListener } from '../restorer.ts'
import type { RetryOptions } from '../retry.ts'
import type { GlobalState } from './global-state.ts'
import type { GlobalEnvironment } from './global-store-task.ts'
import { GlobalStores } from './global-stores.ts'

export interface CreateGlobalStoresParts {
  readonly globalStores: readonly GlobalStore[]
  readonly globalState: GlobalState
  readonly environment: GlobalEnvironment
  readonly clientId: string
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly scheduler: Scheduler
  readonly logger: Logger
  readonly retries: RetryOptions
  readonly onRestore: RestoreListener | undefined
  readonly onFailure: () => void
  readonly stop: AbortSignal
}

/** The global stores of a member, as the member uses them. */
export interface MemberGlobalStores {
  get(name: string): StateStore | undefined
  readonly lag: number
  follow(): void
  check(): void
  close(): Promise<void>
}

const NONE: MemberGlobalStores = {
  get: () => undefined,
  lag: 0,
  follow: () => undefined,
  check: () => undefined,
  close: () => Promise.resolve(),
}

/**
 * Opens and fills the global stores of the topology; when it has resolved, tasks may read them.
 * @throws what {@link GlobalStores.load} throws; they are closed then
 */
export async function loadGlobalStores(
  parts: CreateGlobalStoresParts,
): Promise<MemberGlobalStores> {
  const { globalStores, globalState, clientId, kafka, logger } = parts
  if (globalStores.length === 0) return NONE
  const log = restoreLog(logger)
  const stores = new GlobalStores({
    ...parts,
    state: await globalState.open(globalStores),
    reader: kafka.reader({ clientId: `${clientId}-global` }),
    onProgress: (progress) => {
      log(progress)
      parts.onRestore?.(progress)
    },
  })
  try {
    await stores.load()
  } catch (error) {
    await stores.close()
    await globalState.ended(error)
    throw error
  }
  return {
    get: (name) => stores.get(name),
    get lag() {
      return stores.lag
    },
    follow: () => {
      stores.follow()
    },
    check: () => {
      stores.check()
    },
    close: async () => {
      await stores.close()
      await globalState.ended(stores.failure)
    },
  }
}
