import type { ProcedureDocument } from '@tidings/core/describe'
import { useSyncExternalStore } from 'react'
import { authorization, useAuthorization } from '../authorization.js'
import { useSession } from '../session.js'
import { channelOf } from '../untyped-client.js'
import { CopyButton } from './copy-button.js'
import { type CurlRequest, curlOf } from './curl.js'
import { typeScriptOf } from './typescript.js'

interface CopyProps {
  readonly path: string
  readonly procedure: ProcedureDocument
  /** The params or the input, as JSON. Undefined while the form has a mistake, or if there is no input. */
  readonly value: unknown
  /** A run that exists, of a stream. What is copied then attaches to it. */
  readonly runId?: string | undefined
}

/** Copies what the page does: as curl, and as TypeScript. */
export function Copy({ path, procedure, value, runId }: CopyProps) {
  const { mount, client, live } = useSession()
  useAuthorization()
  const call = { mount, headers: authorization.headers() }
  const request = requestOf()
  const key = request?.kind === 'channel' ? request.key : undefined
  const hasCursor = useSyncExternalStore(
    live.subscribe,
    () => key !== undefined && live.find(key)?.cursor !== undefined,
  )

  /** Returns the request, or undefined while there is a mistake in it. */
  function requestOf(): CurlRequest | undefined {
    if (procedure.kind === 'channel') {
      try {
        return { kind: 'channel', key: channelOf(client, path)(value).key }
      } catch {
        return undefined
      }
    }
    if (runId !== undefined) return { kind: 'run', path, runId }
    if (procedure.input && value === undefined) return undefined
    return { kind: procedure.kind, path, input: value }
  }

  if (!request) return <p className="copy quiet-text">Complete the form to copy it as curl or TypeScript.</p>
  const curl = curlOf(call, request)
  const typeScript = typeScriptOf({ ...call, path, procedure, value, runId })
  return (
    <div className="copy">
      <div className="copy-buttons">
        <CopyButton text={() => curl} label="Copy as curl" />
        {request.kind === 'channel' && hasCursor && (
          <CopyButton
            text={() => curlOf(call, { ...request, cursor: live.find(request.key)?.cursor })}
            label="curl, resumed"
          />
        )}
        <CopyButton text={() => typeScript} label="Copy as TypeScript" />
      </div>
      <details>
        <summary>Show</summary>
        <pre>{curl}</pre>
        <pre>{typeScript}</pre>
      </details>
    </div>
  )
}
