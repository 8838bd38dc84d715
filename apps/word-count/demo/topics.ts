import { internalTopics } from '../topology.ts'

export interface DemoTopics {
  readonly applicationId: string
  readonly input: string
  readonly output: string
  /** Made by the processors. */
  readonly repartition: string
  readonly changelog: string
}

/** All of them begin with the application id, so that nothing else is ever deleted. */
export function topicsOf(applicationId: string): DemoTopics {
  return {
    applicationId,
    input: `${applicationId}-lines`,
    output: `${applicationId}-counts`,
    ...internalTopics(applicationId),
  }
}
