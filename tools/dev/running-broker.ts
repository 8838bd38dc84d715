/** A broker that a command can use, wherever it came from. */
export interface RunningBroker {
  /** The value of KAFKA_BROKERS. */
  readonly brokers: string
  /** Where it came from, for the one line that is shown. */
  readonly origin: string
  /** Ends what was started for this command, and nothing else. */
  stop(): Promise<void>
}
