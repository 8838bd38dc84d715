export { memberOptions } from './member-options.ts'
export type { MemberListeners, MemberOptions } from './member-options.ts'
export { reportMetrics } from './report-metrics.ts'
