import type { ProcessingContext } from './processor.ts'

/** The same context for what does not happen on behalf of the record that is being processed. */
export function contextWithoutRecord(context: ProcessingContext): ProcessingContext {
  return {
    applicationId: context.applicationId,
    taskId: context.taskId,
    partition: context.partition,
    nodeName: context.nodeName,
    recordMetadata: undefined,
    get currentStreamTimeMs() {
      return context.currentStreamTimeMs
    },
    get currentSystemTimeMs() {
      return context.currentSystemTimeMs
    },
    getStateStore: context.getStateStore.bind(context),
    commit() {
      context.commit()
    },
    schedule: (interval, type, punctuator) => context.schedule(interval, type, punctuator),
    recordDropped(reason) {
      context.recordDropped(reason)
    },
  }
}
