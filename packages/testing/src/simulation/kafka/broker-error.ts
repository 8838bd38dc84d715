import { MillraceError } from '@millrace/core/internal'
import type { MemberProblem } from './consumer-group.ts'

type ErrorCode = MillraceError['code']

/** Where an error came up. The codes and the fields are those of the real adapter. */
export interface ErrorPlace {
  readonly operation: string
  readonly clientId?: string
  readonly topic?: string
  readonly partition?: number
  readonly groupId?: string
  readonly transactionalId?: string
}

export function brokerError(code: ErrorCode, reason: string, place: ErrorPlace): MillraceError {
  const at: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(place) as [string, string | number | undefined][]) {
    if (value !== undefined) at[name] = value
  }
  return new MillraceError(code, `${place.operation}: ${reason}`, { at })
}

export function unavailable(place: ErrorPlace): MillraceError {
  return brokerError('MR_BROKER_UNAVAILABLE', 'no answer from Kafka', place)
}

export function unknownTopic(place: ErrorPlace): MillraceError {
  return brokerError(
    'MR_UNKNOWN_TOPIC',
    `topic ${place.topic ?? ''} or its partition does not exist`,
    place,
  )
}

export function fencedProducer(place: ErrorPlace): MillraceError {
  return brokerError(
    'MR_PRODUCER_FENCED',
    `producer ${place.transactionalId ?? ''} was fenced`,
    place,
  )
}

export function staleGeneration(place: ErrorPlace): MillraceError {
  return brokerError(
    'MR_STALE_GENERATION',
    `group ${place.groupId ?? ''} moved on to another generation`,
    place,
  )
}

export function memberFenced(place: ErrorPlace): MillraceError {
  return brokerError(
    'MR_MEMBER_FENCED',
    `the place in group ${place.groupId ?? ''} was taken under the same instance id`,
    place,
  )
}

export function instanceHeld(place: ErrorPlace): MillraceError {
  return brokerError(
    'MR_INSTANCE_ID_HELD',
    `group ${place.groupId ?? ''} still has a member of the same instance id`,
    place,
  )
}

/** Why the group does not take offsets of a member. */
export function refusedMember(problem: MemberProblem, place: ErrorPlace): MillraceError {
  return problem === 'fenced-instance' ? memberFenced(place) : staleGeneration(place)
}

export function transactionLost(place: ErrorPlace): MillraceError {
  return brokerError('MR_TRANSACTION_ABORTED', 'the transaction cannot be committed', place)
}

export function closedClient(place: ErrorPlace): MillraceError {
  return brokerError('MR_KAFKA', 'the Kafka client is closed', place)
}
