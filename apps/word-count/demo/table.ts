import { bar, count, type Paint, percent, seconds } from '@millrace/trial'
import type { Progress } from './progress.ts'

const WORD_WIDTH = 14
const COUNT_WIDTH = 8

/** The live table, line by line. */
export function tableOf(progress: Progress, paint: Paint): string[] {
  const { text, guarantee, words, fedWords, countedWords, kills, plannedKills } = progress
  return [
    `${paint('Word count', 'bold')} of ${text}, ${count(words)} words, ${guarantee}, ${seconds(progress.elapsedMs)} s`,
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
    `${seconds(progress.elapsedMs).padStart(5)} s`,
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

function paintState(state: string, paint: Paint): string {
  if (state === 'running') return paint(state, 'green')
  return paint(state, state === 'dead' ? 'red' : 'yellow')
}
