import type { ProcedureDocument } from '@tidings/core/describe'

/** Buttons that copy what the page does: as curl, and as TypeScript. */
export function Copy(props: {
  readonly path: string
  readonly procedure: ProcedureDocument
  /** The params or the input, as JSON. Undefined while the form has a mistake, or if there is no input. */
  readonly value: unknown
}) {
  return <span data-path={props.path} />
}
