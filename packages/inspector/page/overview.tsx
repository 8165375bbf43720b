import type { ContractDocument } from '@tidings/core/describe'
import { ServerStats } from './server/server-stats.js'

/** What the page shows before a procedure is chosen. */
export function Overview({ document }: { readonly document: ContractDocument }) {
  const count = Object.keys(document.procedures).length
  return (
    <>
      <h1>Server</h1>
      <p>
        {count} {count === 1 ? 'procedure' : 'procedures'}
      </p>
      <ServerStats />
    </>
  )
}
