import { MillraceError } from '../errors/millrace-error.ts'
import type { TaskScope } from './task-scope.ts'

/** Gives an error of user code its place. One that has a place already keeps it: the innermost operator failed. */
export function processingError(error: unknown, nodeName: string, scope: TaskScope): MillraceError {
  if (MillraceError.is(error)) return error
  return new MillraceError('MR_PROCESSING', `Operator ${nodeName} failed`, {
    cause: error,
    hint: 'Mend the operator, or set processingExceptionHandler to drop such records.',
    at: placeOf(nodeName, scope),
  })
}

/** Where a record was when something happened to it: operator, task, and its source coordinates. */
export function placeOf(nodeName: string, scope: TaskScope): Record<string, string | number> {
  const { current } = scope
  return {
    operator: nodeName,
    task: scope.taskId,
    ...(current === undefined
      ? {}
      : { topic: current.topic, partition: current.partition, offset: current.offset }),
  }
}
