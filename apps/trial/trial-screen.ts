import { bar, count, percent, seconds } from './terminal/figures.ts'
import type { Paint } from './terminal/paint.ts'

/** What the screen shows, at one moment. */
export interface TrialProgress {
  readonly name: string
  /** What the target counts. */
  readonly effects: string
  readonly records: number
  readonly fed: number
  readonly expectedEffects: number
  readonly doneEffects: number
  readonly effectsPerSecond: number
  readonly lag: number
  readonly state: 'working' | 'starting' | 'dead' | 'stopped'
  readonly kills: number
  readonly plannedKills: number
  readonly elapsedMs: number
}

const COLOURS = { working: 'green', starting: 'yellow', dead: 'red', stopped: 'dim' } as const
const LABEL_WIDTH = 8

/** The live table, line by line. */
export function trialTable(progress: TrialProgress, paint: Paint): string[] {
  const { name, effects, records, fed, expectedEffects, doneEffects, state } = progress
  const { kills, plannedKills, effectsPerSecond, lag, elapsedMs } = progress
  const row = (label: string, ...rest: string[]): string =>
    ['', label.padEnd(LABEL_WIDTH), ...rest].join('  ')
  return [
    `${paint(name, 'bold')}, ${count(records)} records, ${seconds(elapsedMs)} s`,
    '',
    row('fed', bar(fed, records, 'cyan', paint), `${percent(fed, records)}  ${count(fed)}`),
    row(
      effects,
      bar(doneEffects, expectedEffects, 'green', paint),
      `${percent(doneEffects, expectedEffects)}  ${count(doneEffects)}`,
    ),
    '',
    row('app', paint(state, COLOURS[state])),
    row('kills', paint(`${kills} of ${plannedKills}`, kills > 0 ? 'red' : 'dim')),
    row('speed', `${count(effectsPerSecond)} ${effects}/s`),
    row('lag', count(lag)),
  ]
}

/** The same in one line, for what is no terminal. */
export function trialLine(progress: TrialProgress): string {
  const { effects, records, fed, expectedEffects, doneEffects, kills, plannedKills } = progress
  return [
    `${seconds(progress.elapsedMs).padStart(5)} s`,
    `fed ${percent(fed, records)}`,
    `${effects} ${percent(doneEffects, expectedEffects)} (${count(doneEffects)})`,
    `${count(progress.effectsPerSecond)} ${effects}/s`,
    `lag ${count(progress.lag)}`,
    `kills ${kills}/${plannedKills}`,
    progress.state,
  ].join('  ')
}
