import type { HandlerOptions } from '../config/app-options.ts'
import { failOnInvalidTimestamp } from '../time/timestamp-extractor.ts'

/** With their defaults. */
export function handlersOf(handlers: HandlerOptions): Required<HandlerOptions> {
  return {
    timestampExtractor: handlers.timestampExtractor ?? failOnInvalidTimestamp,
    deserializationExceptionHandler: handlers.deserializationExceptionHandler ?? 'fail',
    processingExceptionHandler: handlers.processingExceptionHandler ?? 'fail',
  }
}
