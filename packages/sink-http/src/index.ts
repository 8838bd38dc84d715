// The sink
export { httpSink } from './http-sink.ts'
export type {
  HttpBatchSinkOptions,
  HttpBody,
  HttpCircuitBreakerOptions,
  HttpMethod,
  HttpOrder,
  HttpOutcome,
  HttpRateLimitOptions,
  HttpRecordSinkOptions,
  HttpRequestOptions,
  HttpRetryOptions,
  HttpSinkOptions,
  HttpTimeoutOptions,
  HttpTlsOptions,
  IdempotencyKeyOptions,
  ItemOutcome,
  ResponseRecord,
} from './http-sink-options.ts'

// Credentials
export type {
  BasicAuth,
  BearerAuth,
  CustomAuth,
  HmacAuth,
  HttpAuth,
  OAuth2Auth,
} from './auth/http-auth.ts'

// Requests and answers
export type { HttpRequest } from './http-request.ts'
export { HttpAnswerError } from './http-answer.ts'
export type { HttpAnswer } from './http-answer.ts'
