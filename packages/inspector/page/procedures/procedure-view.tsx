import type { ProcedureDocument } from '@tidings/core/describe'
import { Copy } from '../copy/copy.js'
import { Live } from '../live/live.js'

/** One procedure: what it is, and what can be done with it. */
export function ProcedureView({
  path,
  procedure,
}: {
  readonly path: string
  readonly procedure: ProcedureDocument
}) {
  return (
    <>
      <h1>{path}</h1>
      <Copy path={path} procedure={procedure} value={undefined} />
      {procedure.kind === 'channel' && <Live path={path} procedure={procedure} params={undefined} />}
    </>
  )
}
