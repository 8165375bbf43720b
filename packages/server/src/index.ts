export type { Bus, BusCoordination, BusEvent, BusLog, BusPage, BusUpdate } from './lib/bus/bus.js'
export { type MemoryBusOptions, memoryBus } from './lib/bus/memory-bus.js'
export { createEmitter, type Emitter, type EmitterOptions } from './lib/create-emitter.js'
export type { DescribeDecision, DescribeOptions, DescribeRequest } from './lib/describe-options.js'
export type { Health } from './lib/endpoints/health.js'
export type { Delivery, HistoryBounds, HistoryOptions } from './lib/history.js'
export type { ConnectionInfo, ConnectionLimit, DisconnectReason, Hooks } from './lib/hooks.js'
export type {
  CompleteResponse,
  ResponseHeaders,
  Sink,
  SinkListener,
  StreamResponse,
  TidingsRequest,
  TidingsResponse,
} from './lib/http/adapter.js'
export type { Chunk } from './lib/http/chunk.js'
export { type HostValue, hostValue } from './lib/http/host-value.js'
export type { Busiest, BusyConnection, BusyTopic } from './lib/inspection/busiest.js'
export type { InspectedServer, Inspector, InspectorFor } from './lib/inspection/inspector.js'
export type { App } from './lib/middleware/app.js'
export type { CallerKey, LimitedRequest } from './lib/middleware/caller-key.js'
export { implement } from './lib/middleware/implement.js'
export type {
  Middleware,
  MiddlewareRequest,
  MiddlewareResult,
  MiddlewareServer,
  Next,
  ProcedureInfo,
  ServerMiddleware,
} from './lib/middleware/middleware.js'
export type { Part } from './lib/middleware/part.js'
export type { PartsMistake } from './lib/middleware/parts-check.js'
export { type RateLimitOptions, rateLimit } from './lib/middleware/rate-limit.js'
export type {
  ContextOptions,
  ContextRequest,
  CorsOptions,
  ErrorPlace,
  LimitOptions,
  ServerOptions,
} from './lib/options.js'
export type {
  ConnectionFilter,
  ConnectionPredicate,
} from './lib/revocations/connection-filter.js'
export type { Revoked } from './lib/revocations/revocation-log.js'
export { createServer } from './lib/server.js'
export type { CloseOptions, Tidings } from './lib/tidings.js'
export type { TokenRate } from './lib/token-buckets.js'
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
export type {
  CallCommand,
  CallStream,
  Calls,
  LoadSnapshot,
  LocalCallOptions,
  LocalOptions,
  LocalRun,
  Snapshots,
} from './lib/types/local.js'
export type { Stats } from './lib/types/stats.js'
