import type { TidingsError } from '@tidings/core'
import type { ProcedureDocument } from '@tidings/core/describe'
import { durationText } from './duration.js'
import { Payload } from './payload.js'

/** Shows why a call failed: the code, the message, and the data of an error that the contract declares. */
export function ErrorView({
  error,
  procedure,
}: {
  readonly error: TidingsError
  readonly procedure: ProcedureDocument
}) {
  const isDeclared = procedure.kind !== 'channel' && Object.hasOwn(procedure.errors, error.code)
  return (
    <div className="call-error">
      <p className="call-error-message">
        <code className="tag tag-danger">{error.code}</code>{' '}
        {isDeclared && <span className="quiet-text">declared by the contract: </span>}
        {error.message}
      </p>
      {error.retryAfterMs !== undefined && (
        <p className="quiet-text">The server asks to wait {durationText(error.retryAfterMs)}.</p>
      )}
      {error.issues && error.issues.length > 0 && (
        <ul className="call-issues">
          {error.issues.map(({ path, message }) => (
            <li key={`${path.join('.')} ${message}`}>
              {path.length > 0 && <code>{path.join('.')}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {error.data !== undefined && <Payload value={error.data} label="Data of the error" />}
    </div>
  )
}
