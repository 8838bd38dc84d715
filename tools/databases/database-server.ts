import type { DatabaseHost } from './database-host.ts'
import type { ServerControl } from './launch.ts'

/** A server of this process's own: everything of a host, and power over its processes. */
export interface DatabaseServer extends DatabaseHost, ServerControl {
  readonly port: number
  /** As the program prints it: `postgres (PostgreSQL) 15.18`. */
  readonly version: string
}

export const serverOf = (
  control: ServerControl,
  host: DatabaseHost,
  version: string,
): DatabaseServer => Object.assign(control, host, { version })
