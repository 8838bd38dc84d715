import type { Paint } from './paint.ts'
import type { Progress } from './progress.ts'

const BAR_WIDTH = 30
const WORD_WIDTH = 14
const COUNT_WIDTH = 8

/** The live table, line by line. */
export function tableOf(progress: Progress, paint: Paint): string[] {
  const { text, guarantee, words, fedWords, countedWords, kills, plannedKills } = progress
  return [
    `${paint('Word count', 'bold')} of ${text}, ${count(words)} words, ${guarantee}, ${seconds(progress)} s`,
    '',
    `  fed      ${bar(fedWords, words, 'cyan', paint)} ${percent(fedWords, words)}  ${count(fedWords)}`,
    `  counted  ${bar(countedWords, words, 'green', paint)} ${percent(countedWords, words)}  ${count(countedWords)}`,
    '',
    `  processors  ${progress.processors.map((state) => paintState(state, paint)).join('  ')}`,
    `  kills       ${paint(`${kills} of ${plannedKills}`, kills > 0 ? 'red' : 'dim')}`,
    `  records/s   ${count(progress.recordsPerSecond).padEnd(10)} lag       ${count(progress.lag)}`,
    `  commits     ${count(progress.commits).padEnd(10)} restored  ${count(progress.restored)}`,
    '',
    ...topLines(progress.top, paint),
  ]
}

/** The same in one line, for what is no terminal. */
export function lineOf(progress: Progress): string {
  const { words, fedWords, countedWords, kills, plannedKills, processors } = progress
  return [
    `${seconds(progress).padStart(5)} s`,
    `fed ${percent(fedWords, words)}`,
    `counted ${percent(countedWords, words)} (${count(countedWords)})`,
    `${count(progress.recordsPerSecond)} records/s`,
    `lag ${count(progress.lag)}`,
    `commits ${count(progress.commits)}`,
    `kills ${kills}/${plannedKills}`,
    processors.join(' '),
  ].join('  ')
}

/** In two columns, the first one filled first. */
function topLines(top: Progress['top'], paint: Paint): string[] {
  const rows = Math.ceil(top.length / 2)
  return Array.from({ length: rows }, (_, row) =>
    [top[row], top[row + rows]]
      .map((entry) => {
        if (entry === undefined) return ''
        const [word, counted] = entry
        const shown = word.slice(0, WORD_WIDTH).padEnd(WORD_WIDTH)
        return `  ${shown}${paint(count(counted).padStart(COUNT_WIDTH), 'bold')}`
      })
      .join('    ')
      .trimEnd(),
  )
}

function bar(part: number, whole: number, colour: 'cyan' | 'green', paint: Paint): string {
  const filled = Math.round(BAR_WIDTH * fraction(part, whole))
  return paint('█'.repeat(filled), colour) + paint('░'.repeat(BAR_WIDTH - filled), 'dim')
}

function paintState(state: string, paint: Paint): string {
  if (state === 'running') return paint(state, 'green')
  return paint(state, state === 'dead' ? 'red' : 'yellow')
}

function fraction(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, part / whole)
}

function percent(part: number, whole: number): string {
  return `${String(Math.floor(100 * fraction(part, whole))).padStart(3)}%`
}

function seconds({ elapsedMs }: Progress): string {
  return (elapsedMs / 1000).toFixed(1)
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
