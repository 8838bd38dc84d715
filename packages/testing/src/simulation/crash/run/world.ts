import { type Topology, StreamsBuilder } from '@millrace/core'
import { inMemory, type KafkaPort, type StateBackend, wait } from '@millrace/core/internal'
import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { SimulatedKafka } from '../../kafka/simulated-kafka.ts'
import type { SimulatedProcess } from '../../time/simulated-process.ts'
import type { VirtualScheduler } from '../../time/virtual-scheduler.ts'
import { diskState } from '../disk/disk-state-backend.ts'
import { SimulatedDisk } from '../disk/simulated-disk.ts'
import type { CrashPart } from '../parts/crash-part.ts'
import { Host } from './host.ts'
import type { Scenario } from './scenario.ts'
import { streamOf } from './scenario.ts'
import type { Trace } from './trace.ts'

export const APPLICATION_ID = 'app'

/** Where a member is to run: a pod, a machine. Its processes come one after the other. */
export interface Place {
  readonly name: string
  /** The members that have run here. */
  processes: number
  disk: SimulatedDisk
  instanceId: string
  host: Host | undefined
  /** False: nothing is to run here any more. */
  isWanted: boolean
  /** The next write of state fails. */
  isDiskFull: boolean
}

/** A task's state that a process has open. */
export interface OwnedState {
  readonly disk: SimulatedDisk
  readonly place: string
}

export interface WorldParts {
  readonly scenario: Scenario
  readonly scheduler: VirtualScheduler
  readonly kafka: SimulatedKafka
  readonly trace: Trace
}

/** The machines of a run and what is on them. */
export class World {
  readonly places: Place[] = []
  /** Every process that there ever was. */
  readonly hosts: Host[] = []
  readonly disks: SimulatedDisk[] = []
  readonly #parts: WorldParts
  readonly #random: SeededRandom

  constructor(parts: WorldParts) {
    this.#parts = parts
    this.#random = streamOf(parts.scenario.seed, 5)
  }

  get topology(): Topology {
    return this.#topology(undefined)
  }

  /** Processes that take part, or will when their pause is over. */
  get up(): readonly Host[] {
    return this.hosts.filter((host) => host.isUp)
  }

  hostOf(process: SimulatedProcess): Host | undefined {
    return this.hosts.find((host) => host.process === process)
  }

  placeOf(host: Host): Place | undefined {
    return this.places.find((place) => place.host === host)
  }

  addPlace(instanceId?: string): Place {
    const name = String.fromCharCode('a'.charCodeAt(0) + this.places.length)
    const place: Place = {
      name,
      processes: 0,
      disk: this.newDisk(),
      instanceId: instanceId ?? name,
      host: undefined,
      isWanted: true,
      isDiskFull: false,
    }
    this.places.push(place)
    return place
  }

  newDisk(): SimulatedDisk {
    const disk = new SimulatedDisk(`disk${this.disks.length}`)
    this.disks.push(disk)
    return disk
  }

  start(place: Place): void {
    const { scheduler, kafka, scenario, trace } = this.#parts
    place.processes++
    const process = scheduler.createProcess(`${place.name}${place.processes}`)
    const random = streamOf(scenario.seed, 100 + this.hosts.length)
    const openPlaces = new Set<string>()
    place.host = new Host({
      process,
      disk: place.disk,
      openPlaces,
      instanceId: scenario.hasNames || scenario.state === 'memory' ? place.instanceId : undefined,
      kafka: kafka.connect(process) satisfies KafkaPort,
      backend: this.#backend(place, process, openPlaces),
      topology: this.#topology(process),
      options: scenario.options,
      applicationId: APPLICATION_ID,
      random: () => random.below(1_000_000) / 1_000_000,
      trace,
    })
    this.hosts.push(place.host)
  }

  /** State that is open now, by processes that take part. */
  ownedState(): readonly OwnedState[] {
    return this.up.flatMap(({ disk, openPlaces }) =>
      [...openPlaces].map((place) => ({ disk, place })),
    )
  }

  /** A name that no process has had. */
  newIdentity(place: Place): string {
    return `${place.name}-${place.processes + 1}`
  }

  #backend(place: Place, process: SimulatedProcess, openPlaces: Set<string>): StateBackend {
    const { state, splitsRanges } = this.#parts.scenario
    if (state === 'memory') return inMemory()
    return diskState({
      disk: place.disk,
      process,
      openPlaces,
      random: this.#random,
      isAsync: state === 'disk-async',
      splitsRanges,
      isFull: () => {
        const { isDiskFull } = place
        place.isDiskFull = false
        return isDiskFull
      },
    })
  }

  #topology(process: SimulatedProcess | undefined): Topology {
    const builder = new StreamsBuilder()
    const { parts, optimization } = this.#parts.scenario
    for (const part of parts) addPart(part, builder, process)
    return builder.build({ optimization })
  }
}

function addPart(
  part: CrashPart,
  builder: StreamsBuilder,
  process: SimulatedProcess | undefined,
): void {
  part.addTo(builder, {
    process,
    sleep: (ms) => (process === undefined ? Promise.resolve() : wait(process, ms)),
  })
}
