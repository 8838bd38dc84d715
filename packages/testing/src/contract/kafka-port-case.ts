import type { KafkaTestBed } from './kafka-test-bed.ts'

/** One true sentence about the port, and its proof. */
export interface KafkaPortCase {
  readonly title: string
  readonly run: (bed: KafkaTestBed) => Promise<void>
}
