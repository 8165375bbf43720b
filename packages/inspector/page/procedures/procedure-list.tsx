import type { ContractDocument } from '@tidings/core/describe'
import { linkTo } from '../route.js'

/** The procedures of the contract, as links. */
export function ProcedureList({
  document,
  current,
}: {
  readonly document: ContractDocument
  readonly current: string
}) {
  return (
    <nav className="procedures" aria-label="Procedures">
      <ul>
        {Object.entries(document.procedures).map(([path, { kind }]) => (
          <li key={path}>
            <a href={linkTo(path)} aria-current={path === current ? 'page' : undefined}>
              <span className={`kind kind-${kind}`}>{kind}</span> {path}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
