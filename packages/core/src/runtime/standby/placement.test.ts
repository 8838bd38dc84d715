import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type CopyState,
  type Members,
  type MemberTasks,
  type Placement,
  placeStandbys,
} from './placement.ts'
import { forSeeds } from './seeded.testkit.ts'

interface Spec {
  readonly active?: readonly string[]
  readonly warm?: readonly string[]
  readonly filling?: readonly string[]
  readonly stored?: readonly string[]
}

function member({ active = [], ...copies }: Spec): MemberTasks {
  const standby = (['warm', 'filling', 'stored'] as const).flatMap((state) =>
    (copies[state] ?? []).map((task): [string, CopyState] => [task, state]),
  )
  return { active: new Set(active), standby: new Map(standby) }
}

function members(specs: Readonly<Record<string, Spec>>): Members {
  return new Map(Object.entries(specs).map(([name, spec]) => [name, member(spec)]))
}

function print(placement: Placement): Record<string, string[]> {
  return Object.fromEntries([...placement].map(([task, copies]) => [task, [...copies].sort()]))
}

describe('where standbys are', () => {
  test('with two members each keeps the tasks of the other', () => {
    const view = members({ a: { active: ['0_0', '0_1'] }, b: { active: ['0_2'] } })
    assert.deepEqual(print(placeStandbys(['0_0', '0_1', '0_2'], view, 1)), {
      '0_0': ['b'],
      '0_1': ['b'],
      '0_2': ['a'],
    })
  })

  test('a member alone keeps none', () => {
    const view = members({ a: { active: ['0_0'] } })
    assert.deepEqual(print(placeStandbys(['0_0', '0_1'], view, 2)), { '0_0': [], '0_1': [] })
  })

  test('who has a copy keeps it, be it warm, filling, or on disk only', () => {
    for (const copy of ['b', 'c', 'd']) {
      for (const kind of ['warm', 'filling', 'stored']) {
        const view = members({
          a: { active: ['0_0'] },
          b: {},
          c: {},
          d: {},
          [copy]: { [kind]: ['0_0'] },
        })
        assert.deepEqual(print(placeStandbys(['0_0'], view, 1)), { '0_0': [copy] })
      }
    }
  })

  test('a warm copy comes before one that fills', () => {
    const view = members({ a: { active: ['0_0'] }, b: { filling: ['0_0'] }, c: { warm: ['0_0'] } })
    assert.deepEqual(print(placeStandbys(['0_0'], view, 1)), { '0_0': ['c'] })
  })

  test('a copy that fills comes before one that is on disk only, whoever has fewer tasks', () => {
    const view = members({
      a: { active: ['0_0'] },
      b: { active: ['0_1'], filling: ['0_0'] },
      c: { stored: ['0_0'] },
    })
    assert.deepEqual(print(placeStandbys(['0_0', '0_1'], view, 1))['0_0'], ['b'])
  })

  test('a copy that is on disk only is not taken up while its task is active nowhere', () => {
    const view = members({ a: { stored: ['0_0'] }, b: {} })
    assert.deepEqual(print(placeStandbys(['0_0'], view, 1)), { '0_0': [] })
  })

  test('of two warm copies the one on the member with fewer tasks stays', () => {
    const view = members({
      a: { active: ['0_0', '0_1'] },
      b: { active: ['0_2'], warm: ['0_0'] },
      c: { warm: ['0_0'] },
    })
    assert.deepEqual(print(placeStandbys(['0_0'], view, 1)), { '0_0': ['c'] })
  })

  test('a task that is active nowhere keeps its copies, and gets no others', () => {
    const view = members({ a: { warm: ['0_0'] }, b: { filling: ['0_0'] }, c: {} })
    assert.deepEqual(print(placeStandbys(['0_0', '0_1'], view, 1)), {
      '0_0': ['a', 'b'],
      '0_1': [],
    })
  })

  test('a copy where the task became active is no copy any more', () => {
    const view = members({ a: {}, b: { active: ['0_0'], warm: ['0_0'] } })
    assert.deepEqual(print(placeStandbys(['0_0'], view, 1)), { '0_0': ['a'] })
  })

  test('tasks of others than this topology are not looked at', () => {
    const view = members({ a: { active: ['0_0', '9_9'] }, b: { active: [], warm: ['8_8'] } })
    assert.deepEqual(print(placeStandbys(['0_0'], view, 1)), { '0_0': ['b'] })
  })
})

/** Members that see each other at once, and what they keep. */
class Simulation {
  readonly tasks: readonly string[]
  readonly replicas: number
  readonly active = new Map<string, string>()
  readonly standby = new Map<string, Map<string, CopyState>>()
  /** Copies that were begun to be filled. */
  begun = 0
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
    this.replicas = 1 + this.below(3)
    this.tasks = Array.from({ length: 1 + this.below(24) }, (_, index) => `0_${index}`)
    for (let index = 1 + this.below(6); index > 0; index--) this.join()
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  get names(): readonly string[] {
    return [...this.standby.keys()]
  }

  view(order: (names: readonly string[]) => readonly string[] = (names) => names): Members {
    return new Map(
      order(this.names).map((name) => {
        const active = this.tasks.filter((task) => this.active.get(task) === name)
        return [name, { active: new Set(active), standby: this.standby.get(name) ?? new Map() }]
      }),
    )
  }

  holds(name: string, task: string): boolean {
    return this.standby.get(name)?.has(task) === true
  }

  join(): void {
    this.standby.set(`m${this.below(1_000_000)}`, new Map())
    this.#assign()
  }

  leave(): void {
    const gone = this.names[this.below(this.names.length)] ?? ''
    this.standby.delete(gone)
    for (const [task, owner] of this.active) if (owner === gone) this.active.delete(task)
    if (this.names.length > 0) this.#assign()
  }

  /** As a sticky assignor: tasks stay, unless their member has more than its share. */
  #assign(): void {
    const share = Math.ceil(this.tasks.length / this.names.length)
    const counts = new Map(this.names.map((name) => [name, 0]))
    const count = (name: string): number => counts.get(name) ?? 0
    for (const task of this.tasks) {
      const before = this.active.get(task)
      const stays = before !== undefined && counts.has(before) && count(before) < share
      const [least = ''] = this.names.toSorted((a, b) => count(a) - count(b))
      const owner = stays ? before : least
      this.active.set(task, owner)
      counts.set(owner, count(owner) + 1)
      this.standby.get(owner)?.delete(task)
    }
  }

  place(): Placement {
    return placeStandbys(this.tasks, this.view(), this.replicas)
  }

  /** Every member does what the placement says, as far as it goes in one step. Says whether anything changed. */
  step(): boolean {
    let changed = false
    for (const [task, copies] of this.place()) {
      const isCovered = [...copies].every((name) => this.standby.get(name)?.get(task) === 'warm')
      for (const [name, own] of this.standby) {
        if (copies.has(name)) changed = this.#fill(task, own) || changed
        else if (isCovered) changed = own.delete(task) || changed
      }
    }
    return changed
  }

  /** Some fill faster than others. */
  #fill(task: string, own: Map<string, CopyState>): boolean {
    const before = own.get(task)
    if (before === undefined) this.begun++
    if (before === undefined) own.set(task, 'filling')
    else if (this.#random() < 0.5) own.set(task, 'warm')
    return before !== 'warm'
  }

  /** Until nothing changes; a placement that never settles would copy for ever. */
  settle(): void {
    for (let steps = 0; this.step(); steps++)
      assert.ok(steps < 200, 'the placement does not settle')
  }
}

describe('any placement', { concurrency: true }, () => {
  test('is the same for all members, in whatever order they heard of each other', () => {
    forSeeds(200, (random) => {
      const simulation = new Simulation(random)
      for (let round = 0; round < 4; round++) {
        simulation.step()
        const { tasks, replicas } = simulation
        const reversed = simulation.view((names) => names.toReversed())
        const other = placeStandbys(tasks.toReversed(), reversed, replicas)
        assert.deepEqual(print(other), print(simulation.place()))
      }
    })
  })

  test('has min(replicas, other members) copies of each task, none where it is active', () => {
    forSeeds(200, (random) => {
      const simulation = new Simulation(random)
      for (const [task, copies] of simulation.place()) {
        const expected = Math.min(simulation.replicas, simulation.names.length - 1)
        assert.equal(copies.size, expected, task)
        assert.equal(copies.has(simulation.active.get(task) ?? ''), false, task)
      }
    })
  })

  test('settles after joins and leaves, with the copies that it asks for', () => {
    forSeeds(200, (random) => {
      const simulation = new Simulation(random)
      for (let change = 0; change < 6; change++) {
        for (let steps = simulation.below(4); steps > 0; steps--) simulation.step()
        if (simulation.names.length === 1 || random() < 0.5) simulation.join()
        else simulation.leave()
      }
      simulation.settle()
      const held = new Map(simulation.tasks.map((task) => [task, new Set<string>()]))
      for (const [name, tasks] of simulation.standby) {
        for (const task of tasks.keys()) held.get(task)?.add(name)
      }
      assert.deepEqual(print(held), print(simulation.place()))
    })
  })

  test('is carried out with hardly a copy begun that it does not need', () => {
    let needed = 0
    let begun = 0
    forSeeds(300, (random) => {
      const simulation = new Simulation(random)
      simulation.settle()
      if (simulation.names.length === 1 || random() < 0.5) simulation.join()
      else simulation.leave()
      needed += [...simulation.place()].reduce((sum, [task, copies]) => {
        return sum + [...copies].filter((name) => !simulation.holds(name, task)).length
      }, 0)
      const before = simulation.begun
      simulation.settle()
      begun += simulation.begun - before
    })
    assert.ok(begun <= needed * 1.05, `${begun} copies begun for ${needed}`)
  })

  test('is level: no copy could move to a member with two tasks less', () => {
    forSeeds(200, (random) => {
      const simulation = new Simulation(random)
      simulation.settle()
      const loads = new Map(
        [...simulation.view()].map(([name, { active, standby }]) => [
          name,
          active.size + standby.size,
        ]),
      )
      for (const [task, copies] of simulation.place()) {
        for (const name of copies) {
          for (const [other, load] of loads) {
            if (copies.has(other) || simulation.active.get(task) === other) continue
            assert.ok((loads.get(name) ?? 0) - load < 2, `${task}: ${name} to ${other}`)
          }
        }
      }
    })
  })
})
