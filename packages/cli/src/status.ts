import type { AppState } from '@millrace/core'

/** What is shown of a member. */
export interface MemberView {
  /** `started`: its process runs, and it has told nothing yet. `crashed`: it waits for its restart. */
  readonly state: AppState | 'started' | 'crashed' | 'ended'
  /** In all its lives. */
  readonly processed: number
  readonly lag: number
  readonly restoring: { readonly restored: number; readonly total: number } | undefined
  readonly restarts: number
}

/** All members in one line. */
export function statusLine(members: readonly MemberView[], recordsPerSecond: number): string {
  const running = members.filter(({ state }) => state === 'running').length
  const others = members.flatMap((member, index) =>
    member.state === 'running' ? [] : [`${index} ${member.state}${progressOf(member)}`],
  )
  return [
    `${running} of ${members.length} running${others.length > 0 ? ` (${others.join(', ')})` : ''}`,
    `${count(sum(members, 'processed'))} records`,
    `${count(recordsPerSecond)}/s`,
    `lag ${count(sum(members, 'lag'))}`,
    `restarts ${count(sum(members, 'restarts'))}`,
  ].join('  ')
}

function progressOf({ restoring }: MemberView): string {
  if (restoring === undefined || restoring.total === 0) return ''
  return `, restored ${Math.floor((100 * restoring.restored) / restoring.total)}%`
}

function sum(members: readonly MemberView[], field: 'processed' | 'lag' | 'restarts'): number {
  return members.reduce((total, member) => total + member[field], 0)
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
