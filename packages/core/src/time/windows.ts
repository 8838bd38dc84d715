import type { SlidingWindows } from './sliding-windows.ts'
import type { GridWindows } from './window-grid.ts'

/** Windows that records are aggregated in, by `KGroupedStream.windowedBy`; all but sessions. */
export type TimeWindows = GridWindows | SlidingWindows
