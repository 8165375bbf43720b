export type { Bus, BusEvent, BusNews, BusPage } from './lib/bus/bus.js'
export { type MemoryBusOptions, memoryBus } from './lib/bus/memory-bus.js'
export type { Revoked } from './lib/bus/shared-revocations.js'
export type {
  ConnectionFilter,
  ConnectionPredicate,
  ConnectionView,
} from './lib/connections/connection-view.js'
export { createEmitter, type Emitter, type EmitterOptions } from './lib/create-emitter.js'
export type { ConnectionInfo, ConnectionLimit, DisconnectReason, Hooks } from './lib/hooks.js'
export type { Health } from './lib/http/health.js'
export type {
  Answer,
  AnswerHeaders,
  CompleteAnswer,
  Sink,
  SinkListener,
  StreamAnswer,
  TidingsRequest,
} from './lib/http/http.js'
export type { Chunk } from './lib/log/chunk.js'
export type { Delivery, HistoryBounds } from './lib/log/log.js'
export type {
  ContextRequest,
  CorsOptions,
  ErrorPlace,
  HistoryOptions,
  LimitOptions,
  ServerOptions,
} from './lib/options.js'
export { type CloseOptions, createServer, type Tidings } from './lib/server.js'
export type { Stats } from './lib/stats.js'
export type { ChannelEmitter, Emit, EmitEvent, TopicEmitter } from './lib/types/emit.js'
export type {
  ChannelHandler,
  CommandFunction,
  CommandHandler,
  CommandRequest,
  CommandSettings,
  Fail,
  Handlers,
  SnapshotHandler,
  SourceRequest,
  StreamHandler,
  StreamRequest,
} from './lib/types/handlers.js'
