import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capture, mustRun } from './run-program.ts'

test('capture answers the exit status and both outputs', async () => {
  const script = 'console.log("out"); console.error("err"); process.exitCode = 3'
  const { status, output } = await capture([process.execPath, '-e', script])
  assert.equal(status, 3)
  assert.match(output, /out/)
  assert.match(output, /err/)
})

test('a program that does not exist has status 127', async () => {
  assert.equal((await capture(['millrace-no-such-program'])).status, 127)
})

test('a program that takes too long is ended, with what it started', async () => {
  const script =
    'require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], ' +
    '{ stdio: "inherit" }); setInterval(() => {}, 1000)'
  const { status, output } = await capture([process.execPath, '-e', script], { timeoutMs: 500 })
  assert.equal(status, 128 + 9)
  assert.match(output, /took too long/)
})

test('mustRun fails with the command, its output and the hint', async () => {
  const script = 'console.log("the reason"); process.exitCode = 1'
  await assert.rejects(mustRun([process.execPath, '-e', script], { hint: 'Do this.' }), {
    name: 'StepError',
    output: 'the reason\n',
    hint: 'Do this.',
  })
})
