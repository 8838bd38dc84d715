import type { Plan } from '../topology/plan.ts'

/** Names of the nodes, the topics and the store of one foreign-key join. */
export interface ForeignKeyJoinNames {
  readonly registrationTopic: string
  readonly subscribe: string
  readonly registrationSink: string
  readonly registrationSource: string
  readonly subscriptionStore: string
  readonly receive: string
  readonly answer: string
  readonly update: string
  readonly responseTopic: string
  readonly responseSink: string
  readonly responseSource: string
  readonly resolve: string
  readonly result: string
}

const FK_JOIN = 'KTABLE-FK-JOIN-'
const REGISTRATION = `${FK_JOIN}SUBSCRIPTION-REGISTRATION-`
const PROCESSOR = `${FK_JOIN}SUBSCRIPTION-PROCESSOR-`
const RESPONSE = `${FK_JOIN}SUBSCRIPTION-RESPONSE-`
const SINK = 'KTABLE-SINK-'
const SOURCE = 'KTABLE-SOURCE-'

/** Uses up thirteen numbers, named or not, in the order of Kafka Streams (`doJoinOnForeignKey`). */
export function foreignKeyJoinNames(plan: Plan, name: string | undefined): ForeignKeyJoinNames {
  const named = (suffix: string, prefix: string): string =>
    plan.nameOr(name === undefined ? undefined : `${name}-${suffix}`, prefix)
  return {
    registrationTopic: `${named('subscription-registration', REGISTRATION)}-topic`,
    subscribe: named('subscription-registration-processor', REGISTRATION),
    registrationSink: named('subscription-registration-sink', SINK),
    registrationSource: named('subscription-registration-source', SOURCE),
    subscriptionStore: named('subscription-store', `${FK_JOIN}SUBSCRIPTION-STATE-STORE-`),
    receive: named('subscription-receive', PROCESSOR),
    answer: named('subscription-join-foreign', PROCESSOR),
    update: named('foreign-join-subscription', PROCESSOR),
    responseTopic: `${named('subscription-response', RESPONSE)}-topic`,
    responseSink: named('subscription-response-sink', SINK),
    responseSource: named('subscription-response-source', SOURCE),
    resolve: named('subscription-response-resolver', `${RESPONSE}RESOLVER-PROCESSOR-`),
    result: named('result', `${FK_JOIN}OUTPUT-`),
  }
}
