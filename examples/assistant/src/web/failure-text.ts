import type { TidingsError } from '@tidings/core'
import type { Failure } from '../contract'
import { client } from './client'

const failures: Record<Failure, string> = {
  busy: 'is busy. Ask again in a moment.',
  refused: 'refused the question. The server’s log says why.',
  unreachable: 'cannot be reached. The server’s log says why.',
  broken_off: 'broke off in the middle of its answer.',
  too_many_tools: 'searched without end, and was stopped.',
}

/** Explains to a visitor why an answer is not whole, or not there. */
export function failureText(error: TidingsError): string {
  if (client.answer.isError(error) && error.code === 'model_failed') {
    return `The model ${failures[error.data.failure]}`
  }
  switch (error.code) {
    case 'cancelled':
      return 'Stopped'
    case 'too_many_requests':
      return 'You have asked too much at once. Ask again in a moment.'
    case 'not_found':
      return 'This answer is not here any more. The server keeps answers in memory, for an hour.'
    case 'invalid_input':
      return 'The address of this page does not name an answer.'
    case 'interrupted':
      return 'The server has restarted in the middle of this answer.'
    case 'unavailable':
      return 'The server was stopped in the middle of this answer.'
    case 'network':
      return 'The server could not be reached.'
    default:
      return `The answer has ended: ${error.message}`
  }
}
