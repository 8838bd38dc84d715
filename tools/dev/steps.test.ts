import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { StepError } from './step-error.ts'
import { explainFailure, FailedStep, formatDuration, step } from './steps.ts'

test('a failure names the step, the reason, the end of the log and what to do', () => {
  const output = Array.from({ length: 100 }, (_, line) => `line ${String(line)}`).join('\n')
  const reason = new StepError('npm ended with status 1.', { output, hint: 'Try again.' })

  const text = explainFailure(new FailedStep('npm packages', reason))

  const lines = text.split('\n')
  assert.deepEqual(lines.slice(0, 3), ['Failed: npm packages', 'npm ended with status 1.', ''])
  assert.equal(lines[3], '  | line 75')
  assert.deepEqual(lines.slice(-3), ['  | line 99', '', 'What to do: Try again.'])
})

test('an error that is no StepError is shown with its stack', () => {
  const text = explainFailure(new FailedStep('x', new Error('boom')))
  assert.match(text, /^Failed: x\nError: boom\n\s+at /)
})

function recorder(): { out: PassThrough; lines: () => string[] } {
  const out = new PassThrough()
  return { out, lines: () => String(out.read()).trimEnd().split('\n') }
}

test('a step says that it runs, how it ended, its remark and its time', async () => {
  const { out, lines } = recorder()
  await step('npm packages', () => Promise.resolve('up to date'), out)
  assert.deepEqual(lines(), ['  npm packages …', '✓ npm packages (up to date, 0.0 s)'])
})

test('a step passes its failure on with its title', async () => {
  const { out, lines } = recorder()
  const boom = new Error('boom')
  await assert.rejects(
    step('npm packages', () => Promise.reject(boom), out),
    (error) => error instanceof FailedStep && error.cause === boom,
  )
  assert.equal(lines()[1], '✗ npm packages (0.0 s)')
})

test('durations are seconds to a tenth, then minutes', () => {
  assert.equal(formatDuration(49), '0.0 s')
  assert.equal(formatDuration(59_949), '59.9 s')
  assert.equal(formatDuration(185_400), '3 min 5 s')
})
