/** The contract as a document: described as JSON, and read back. */
export type { About, Credential } from './lib/describe/about.js'
export { asyncApi } from './lib/describe/async-api.js'
export { contractFrom } from './lib/describe/contract-from.js'
export { describe } from './lib/describe/describe.js'
export { diff } from './lib/describe/diff.js'
export { type Change, type ChangeSide, type Verdict, worst } from './lib/describe/diff-change.js'
export type {
  ChannelDocument,
  CommandDocument,
  ContractDocument,
  JsonSchema,
  PayloadDocument,
  PayloadDocuments,
  ProcedureDocument,
  StreamDocument,
} from './lib/describe/document.js'
export { exactFormatKeyword, patternKeyword, valueKeyword } from './lib/describe/document.js'
export { openApi } from './lib/describe/open-api.js'
export { definitionName, schemaAt } from './lib/describe/schema-names.js'
export type { ProcedureMeta } from './lib/types/procedure.js'
