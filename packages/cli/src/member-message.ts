import type { AppMetrics, AppState, RestoreProgress } from '@millrace/core'

/** What a member tells its supervisor, over the channel that Node opens between them. */
export type MemberMessage =
  | { readonly millrace: 'state'; readonly state: AppState }
  | { readonly millrace: 'restore'; readonly progress: RestoreProgress }
  | { readonly millrace: 'metrics'; readonly metrics: AppMetrics }

/** Says nothing when there is no supervisor, or none any more. */
export function tell(message: MemberMessage): void {
  if (process.send === undefined || !process.connected) return
  // With a callback the channel does not throw when it closes in between: disconnecting is no error.
  process.send(message, undefined, undefined, () => undefined)
}

/** Undefined for what the module itself sends to its parent. */
export function parseMessage(value: unknown): MemberMessage | undefined {
  if (typeof value !== 'object' || value === null || !('millrace' in value)) return undefined
  return value as MemberMessage // `tell` is the only one that writes this field
}
