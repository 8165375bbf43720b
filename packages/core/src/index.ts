export { bigint, bytes, isoDate, map, set, url } from './lib/codecs.js'
export { defineContract } from './lib/contract.js'
export {
  type ErrorCode,
  type Issue,
  isTidingsError,
  TidingsError,
  type TidingsErrorInit,
} from './lib/error.js'
export {
  type ChannelDefinition,
  type CommandDefinition,
  channel,
  command,
  type StreamDefinition,
  stream,
} from './lib/procedure.js'
export { parseSeed, type Seed, type SeedOf, serializeSeed } from './lib/seed.js'
export type { ContractDefinition } from './lib/types/contract.js'
export type { ContractMistake } from './lib/types/contract-mistake.js'
export type { GivenInputOf, GivenOf, GivenParamsOf, IsOmittable } from './lib/types/given.js'
export type * from './lib/types/infer.js'
export type { Channel, Command, NoSchemas, Procedure, ProcedureMeta, Stream } from './lib/types/procedure.js'
export type {
  DataOf,
  DataSchemas,
  IsNothing,
  Schema,
  Schemas,
  Simplify,
  ValueOf,
} from './lib/types/schema.js'
