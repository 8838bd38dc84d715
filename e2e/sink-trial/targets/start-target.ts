import { HttpTrialTarget } from './http-target.ts'
import { KafkaTrialTarget } from './kafka-target.ts'
import { SqlTrialTarget } from './sql-target.ts'
import { SqliteTrialTarget } from './sqlite-target.ts'
import type { TargetName, TrialTarget } from './trial-target.ts'

export const TARGETS: readonly TargetName[] = ['postgres', 'mariadb', 'sqlite', 'http', 'kafka']

/** Starts the system, empty. `seed` decides on the faults that it makes itself. */
export function startTarget(name: TargetName, seed: number): Promise<TrialTarget> {
  switch (name) {
    case 'postgres':
    case 'mariadb':
      return SqlTrialTarget.start(name)
    case 'sqlite':
      return SqliteTrialTarget.start()
    case 'http':
      return HttpTrialTarget.start(seed)
    case 'kafka':
      return KafkaTrialTarget.start()
  }
}
