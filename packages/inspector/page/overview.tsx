import type { ContractDocument, ProcedureDocument } from '@tidings/core/describe'
import { ServerStats } from './server/server-stats.js'

const kinds = { channel: 'channels', command: 'commands', stream: 'streams' } as const

/** What the page shows before a procedure is chosen. */
export function Overview({ document }: { readonly document: ContractDocument }) {
  const procedures = Object.values(document.procedures)
  const countOf = (kind: ProcedureDocument['kind']) => procedures.filter((each) => each.kind === kind).length
  return (
    <>
      <h1>Server</h1>
      <dl className="facts">
        {(['channel', 'command', 'stream'] as const).map((kind) => (
          <div key={kind}>
            <dt>{kinds[kind]}</dt>
            <dd>{countOf(kind)}</dd>
          </div>
        ))}
        {document.hash !== '' && (
          <div>
            <dt>contract</dt>
            <dd>
              <code>{document.hash.slice(0, 12)}</code>
            </dd>
          </div>
        )}
      </dl>
      <ServerStats />
    </>
  )
}
