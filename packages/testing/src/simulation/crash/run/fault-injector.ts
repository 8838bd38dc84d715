import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { SimulatedKafka } from '../../kafka/simulated-kafka.ts'
import type { Delivery, VirtualScheduler } from '../../time/virtual-scheduler.ts'
import type { DiskFate, Fault, PlannedFault } from './fault.ts'
import type { Host } from './host.ts'
import type { InjectedKafkaFaults } from './injected-kafka-faults.ts'
import { streamOf } from './scenario.ts'
import type { Trace } from './trace.ts'
import type { Place, World } from './world.ts'

export interface FaultInjectorParts {
  readonly seed: number
  readonly plan: readonly PlannedFault[]
  readonly scheduler: VirtualScheduler
  readonly world: World
  readonly kafka: SimulatedKafka
  readonly kafkaFaults: InjectedKafkaFaults
  readonly trace: Trace
  /** Consumer groups of the app and its sinks. */
  readonly groups: readonly string[]
}

/** A zombie that shares its name with its successor ends soon after it wakes up: else they fence each other for ever. */
const LONGEST_ZOMBIE_MS = 3000
const MOST_PLACES = 5

interface Armed {
  readonly fault: PlannedFault
  left: number
}

/** Makes the faults of a plan come true, each once. */
export class FaultInjector {
  readonly #parts: FaultInjectorParts
  readonly #random: SeededRandom
  readonly #unhook: () => void
  #armed: Armed[] = []
  #isOver = false

  constructor(parts: FaultInjectorParts) {
    this.#parts = parts
    this.#random = streamOf(parts.seed, 6)
    for (const fault of parts.plan) {
      const { trigger } = fault
      if (trigger.kind === 'time') {
        parts.scheduler.setTimer(trigger.atMs, () => {
          this.#strikeAny(fault.fault)
        })
      } else this.#armed.push({ fault, left: trigger.number })
    }
    this.#unhook = parts.scheduler.beforeDelivery((delivery) => {
      this.#onDelivery(delivery)
    })
  }

  /** No more faults; what was struck is mended. */
  end(): void {
    this.#isOver = true
    this.#unhook()
    const { world, kafkaFaults, kafka } = this.#parts
    kafkaFaults.heal()
    for (let broker = 0; broker < kafka.network.brokers; broker++) kafka.network.bringUp(broker)
    for (const host of world.hosts) {
      if (host.process.isPaused && host.isUp) this.#wake(host)
    }
    for (const place of world.places) {
      place.isDiskFull = false
      if (place.isWanted && place.host?.isUp !== true) world.start(place)
    }
  }

  #onDelivery(delivery: Delivery): void {
    if (this.#armed.length === 0) return
    for (const armed of this.#armed) {
      if (!matches(armed.fault, delivery)) continue
      armed.left--
      if (armed.left > 0) continue
      this.#armed = this.#armed.filter((one) => one !== armed)
      const host = this.#parts.world.hostOf(delivery.process)
      const at = `at ${delivery.operation} ${delivery.phase}`
      if (host !== undefined) this.#strike(armed.fault.fault, host, at)
    }
  }

  #strikeAny(fault: Fault): void {
    if (this.#isOver) return
    const awake = this.#parts.world.up.filter((host) => !host.process.isPaused)
    const host = awake[this.#random.below(Math.max(1, awake.length))]
    if (host !== undefined) this.#strike(fault, host, '')
  }

  #strike(fault: Fault, host: Host, at: string): void {
    if (!host.isUp || host.process.isPaused) return
    const place = this.#parts.world.placeOf(host)
    if (place === undefined) return
    this.#tell(host.name, `${JSON.stringify(fault)} ${at}`)
    switch (fault.kind) {
      case 'kill':
        this.#kill(fault, host, place)
        return
      case 'pause':
        this.#pause(fault, host, place)
        return
      case 'join':
        this.#addMember()
        return
      case 'leave':
        host.close()
        if (fault.restartMs === undefined) place.isWanted = this.#isNeeded(place)
        else this.#startLater(place, host, fault.restartMs)
        return
      case 'disk-full':
        place.isDiskFull = true
        return
      case 'kafka':
        this.#strikeKafka(fault.fault, host)
    }
  }

  #kill(fault: Fault & { readonly kind: 'kill' }, host: Host, place: Place): void {
    host.kill()
    this.#decideDisk(fault.disk, place)
    place.instanceId = fault.sameIdentity ? place.instanceId : this.#parts.world.newIdentity(place)
    this.#startLater(place, host, fault.restartMs)
  }

  #decideDisk(fate: DiskFate, place: Place): void {
    const { world } = this.#parts
    if (fate === 'power-cut')
      this.#tell(place.name, `power cut: ${place.disk.powerCut(this.#random)}`)
    if (fate === 'wiped') place.disk.wipe()
    if (fate === 'corrupt') this.#tell(place.name, `corrupt: ${place.disk.corrupt(this.#random)}`)
    if (fate !== 'other') return
    // A disk that was in use long ago, or an empty one.
    const inUse = new Set([...world.places, ...world.up].map(({ disk }) => disk))
    const old = world.disks.filter((disk) => !inUse.has(disk))
    place.disk = old[this.#random.below(old.length + 1)] ?? world.newDisk()
    this.#tell(place.name, `goes on with ${place.disk.name}`)
  }

  #pause(fault: Fault & { readonly kind: 'pause' }, host: Host, place: Place): void {
    const { world, scheduler } = this.#parts
    host.process.pause()
    scheduler.setTimer(fault.forMs, () => {
      if (!this.#isOver) this.#wake(host)
    })
    if (fault.successor === 'none') return
    const sharesName = fault.successor === 'same-identity'
    // The directory is locked by the process that stands still.
    place.disk = world.newDisk()
    place.instanceId = sharesName ? place.instanceId : world.newIdentity(place)
    this.#startLater(place, host, this.#random.below(1000))
  }

  /** Ends a pause. A process whose place was given to another does not live long. */
  #wake(host: Host): void {
    const { world, scheduler } = this.#parts
    if (!host.process.isPaused || !host.process.isAlive) return
    host.process.resume()
    this.#tell(host.name, 'wakes up')
    if (world.placeOf(host) !== undefined) return
    scheduler.setTimer(this.#random.below(LONGEST_ZOMBIE_MS), () => {
      if (!host.isUp) return
      this.#tell(host.name, 'killed: its place is taken')
      host.kill()
    })
  }

  #strikeKafka(fault: (Fault & { readonly kind: 'kafka' })['fault'], host: Host): void {
    const { kafka, kafkaFaults } = this.#parts
    if (fault.kind === 'rebalance') {
      for (const group of this.#parts.groups) kafka.forceRebalance(group)
    }
    if (fault.kind === 'brokers-away') {
      const one = this.#random.below(kafka.network.brokers)
      for (let broker = 0; broker < kafka.network.brokers; broker++) {
        if (fault.ofAll || broker === one) kafka.network.takeDown(broker, fault.forMs)
      }
    }
    kafkaFaults.inject(fault, host.name)
  }

  #addMember(): void {
    const { world } = this.#parts
    if (world.places.length < MOST_PLACES) world.start(world.addPlace())
  }

  /** The last member stays. */
  #isNeeded(place: Place): boolean {
    return !this.#parts.world.places.some((other) => other !== place && other.isWanted)
  }

  /** Starts a process in the place of this one, unless another has come before. */
  #startLater(place: Place, before: Host, afterMs: number): void {
    const { scheduler, world } = this.#parts
    scheduler.setTimer(afterMs, () => {
      if (this.#isOver || !place.isWanted || place.host !== before) return
      // One that closes has until now to do so; one that still does when its successor comes is killed.
      if (before.isUp && before.isClosing) before.kill()
      if (!before.isUp || before.process.isPaused) world.start(place)
    })
  }

  #tell(who: string, text: string): void {
    this.#parts.trace.add('fault', who, text)
  }
}

function matches({ trigger }: PlannedFault, delivery: Delivery): boolean {
  if (trigger.kind === 'time') return false
  if (trigger.kind === 'delivery') return true
  return trigger.operation === delivery.operation && trigger.phase === delivery.phase
}
