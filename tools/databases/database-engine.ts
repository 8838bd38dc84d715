import type { ServerUser } from './server-user.ts'

/** Where the files of one running server are. All of it is gone after `stop`. */
export interface ServerPlace {
  readonly folder: string
  readonly data: string
  readonly port: number
  /** Files of its certificate and key; undefined without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
}

/**
 * How a server is left. `fast` ends it in order; `immediate` as its own emergency exit does: clients
 * are cut off, and the next start recovers from the log.
 */
export type StopMode = 'fast' | 'immediate'

/** A certificate with its key. */
export interface ServerCertificate {
  readonly cert: string
  readonly key: string
}

export interface ServerOptions {
  /**
   * Whether a commit waits for the disk. Without it a commit survives the end of the server, by
   * SIGKILL as well, but not the end of the machine: do not claim durability from such a run.
   * @defaultValue false
   */
  readonly isDurable?: boolean
  /** Settings of the server, over the launcher's own: `{ max_prepared_transactions: '10' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** The server takes TLS as well as connections without it. PEM. @defaultValue without TLS */
  readonly certificate?: ServerCertificate
  /** Ends the start, and the server. */
  readonly signal?: AbortSignal
}

/** What the launcher has to know of a kind of database server. */
export interface DatabaseEngine {
  readonly name: 'PostgreSQL' | 'MariaDB'
  /** In names of folders. */
  readonly key: 'postgres' | 'mariadb'
  /** Of the server's program, as that prints it. */
  readonly version: string
  readonly user: ServerUser | undefined
  readonly signals: Readonly<Record<StopMode, NodeJS.Signals>>
  /** Written beside the data folder, before the first command runs. */
  readonly files: Readonly<Record<string, string>>
  /** The command that makes the data folder. `folder` has the files. */
  initialise(data: string, folder: string): readonly string[]
  serve(place: ServerPlace, options: ServerOptions): readonly string[]
  /** Resolves when the server answers a query there. */
  ping(port: number): Promise<unknown>
}
