import type { ProcedureDocument } from '@tidings/core/describe'

/** The kind of a procedure, as a small tag. */
export function Kind({ kind }: Pick<ProcedureDocument, 'kind'>) {
  return <span className={`kind kind-${kind}`}>{kind}</span>
}
