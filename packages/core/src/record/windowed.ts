/** A span of event time. Whether `endMs` belongs to it is up to the kind: not for time windows, but for sessions. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

/** A key within one window: the key type of windowed tables. */
export interface Windowed<out K> {
  readonly key: K
  readonly window: Window
}
