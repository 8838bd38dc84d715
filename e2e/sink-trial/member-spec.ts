import type { AppSettings } from '@millrace/core'
import type { TargetAddress } from './targets/trial-target.ts'

/** What a member of a trial is told. */
export interface TrialMemberSpec {
  readonly app: AppSettings
  readonly input: string
  readonly target: TargetAddress
}

/** What it tells, one JSON object a line. */
export type TrialMemberEvent =
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'error'; readonly message: string }
