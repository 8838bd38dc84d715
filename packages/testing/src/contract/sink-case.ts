import type { SinkBed } from './sink-bed.ts'
import type { SinkHarness } from './sink-under-test.ts'

/** One true sentence about a sink, and its proof. */
export interface SinkCase {
  readonly title: string
  /** @defaultValue to all */
  readonly appliesTo?: (harness: SinkHarness<unknown, unknown>) => boolean
  readonly run: (bed: SinkBed) => Promise<void>
}

export function isTransactional({ capabilities }: SinkHarness<unknown, unknown>): boolean {
  return capabilities.tier === 'transactional'
}
