import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Flags, helpOf, readCommandLine, wholeNumber } from './command-line.ts'

const FLAGS: Flags = {
  file: { placeholder: 'PATH', summary: 'a text' },
  keep: { summary: 'keep it' },
}

test('values are read with a space or an equals sign, switches alone', () => {
  const { values, switches, problems } = readCommandLine(['--file', 'a', '--keep'], FLAGS)
  assert.deepEqual([values.get('file'), switches.has('keep'), problems], ['a', true, []])
  assert.equal(readCommandLine(['--file=b', '--file=c'], FLAGS).values.get('file'), 'c')
})

test('everything that is wrong is told at once', () => {
  const { problems } = readCommandLine(['x', '--fiel', 'y', '--keep=1', '--file'], FLAGS)
  assert.deepEqual(problems, [
    'unexpected argument "x"',
    'there is no option --fiel',
    'unexpected argument "y"',
    '--keep takes no value',
    '--file needs a value: --file PATH',
  ])
})

test('a name of Object.prototype is no option', () => {
  assert.deepEqual(readCommandLine(['--constructor'], FLAGS).problems, [
    'there is no option --constructor',
  ])
})

test('help is aligned', () => {
  assert.equal(helpOf(FLAGS), '  --file PATH  a text\n  --keep       keep it\n')
})

test('a whole number outside of its bounds is a problem', () => {
  const problems: string[] = []
  const numbers = ['1', '4', '5', '0', '-1', '1.5', ''].map((text) =>
    wholeNumber('n', text, { min: 1, max: 4 }, problems),
  )
  assert.deepEqual(numbers.slice(0, 2), [1, 4])
  assert.equal(problems.length, 5)
  assert.equal(problems[0], '--n must be a whole number from 1 to 4, not "5"')
})
