import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { CircuitBreaker, type CircuitPermit, type CircuitState } from './circuit-breaker.ts'
import { ManualScheduler } from './manual-scheduler.testkit.ts'

const down = new MillraceError('MR_SINK_UNAVAILABLE', 'down')

interface Bed {
  readonly scheduler: ManualScheduler
  readonly breaker: CircuitBreaker
  readonly states: CircuitState[]
}

function bed(failures = 2): Bed {
  const scheduler = new ManualScheduler()
  const states: CircuitState[] = []
  const breaker = new CircuitBreaker({
    config: { failures, openForMs: 1000 },
    scheduler,
    onChange: (state) => states.push(state),
  })
  return { scheduler, breaker, states }
}

function enter(breaker: CircuitBreaker): CircuitPermit {
  const permit = breaker.tryEnter()
  assert.ok(permit)
  return permit
}

test('as many failures in a row as the limit open the circuit, whoever has them', () => {
  const { breaker, states } = bed()
  const [first, second] = [enter(breaker), enter(breaker)]
  first.failed(down)
  assert.deepEqual([breaker.state, states], ['closed', []])
  second.failed(down)
  assert.deepEqual([breaker.state, states], ['open', ['open']])
  assert.equal(breaker.tryEnter(), undefined)
})

test('a success between failures begins the count anew', () => {
  const { breaker } = bed()
  enter(breaker).failed(down)
  enter(breaker).succeeded()
  enter(breaker).failed(down)
  assert.equal(breaker.state, 'closed')
})

test('after its time an open circuit lets one attempt through, whose success closes it', () => {
  const { breaker, scheduler, states } = bed(1)
  enter(breaker).failed(down)
  scheduler.advance(999)
  assert.equal(breaker.tryEnter(), undefined)
  scheduler.advance(1)
  assert.equal(breaker.state, 'half-open')
  const probe = enter(breaker)
  assert.equal(breaker.tryEnter(), undefined)
  probe.succeeded()
  assert.deepEqual(states, ['open', 'half-open', 'closed'])
  enter(breaker)
  enter(breaker)
})

test('one failure of the attempt that was let through opens the circuit for another while', () => {
  const { breaker, scheduler, states } = bed(3)
  for (let i = 0; i < 3; i++) enter(breaker).failed(down)
  scheduler.advance(1000)
  enter(breaker).failed(down)
  assert.equal(breaker.state, 'open')
  scheduler.advance(999)
  assert.equal(breaker.state, 'open')
  scheduler.advance(1)
  assert.deepEqual(states, ['open', 'half-open', 'open', 'half-open'])
})

test('an attempt that was given up lets another one through in its place', () => {
  const { breaker, scheduler, states } = bed(1)
  enter(breaker).failed(down)
  scheduler.advance(1000)
  enter(breaker).abandoned()
  assert.deepEqual(states, ['open', 'half-open', 'half-open'])
  enter(breaker)
})

test('of attempts that began before the circuit opened, a success closes it and a failure says nothing', () => {
  const { breaker, scheduler } = bed(1)
  const [early, late, other] = [enter(breaker), enter(breaker), enter(breaker)]
  early.failed(down)
  scheduler.advance(900)
  late.failed(down)
  scheduler.advance(100)
  assert.equal(breaker.state, 'half-open')
  other.succeeded()
  assert.equal(breaker.state, 'closed')
  scheduler.advance(5000)
  assert.equal(breaker.state, 'closed')
})

test('the error that opened the circuit is told', () => {
  const told: unknown[] = []
  const breaker = new CircuitBreaker({
    config: { failures: 1, openForMs: 1 },
    scheduler: new ManualScheduler(),
    onChange: (_, error) => told.push(error),
  })
  enter(breaker).failed(down)
  assert.deepEqual(told, [down])
})
