export type { Chunk } from './lib/chunk.js'
export type { ConnectionPredicate, ConnectionView } from './lib/connection-view.js'
export type { ConnectionInfo, ConnectionLimit, DisconnectReason, Hooks } from './lib/hooks.js'
export type { Answer, CompleteAnswer, Sink, SinkListener, StreamAnswer, TidingsRequest } from './lib/http.js'
export type { Delivery } from './lib/log.js'
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
  CommandHandler,
  CommandRequest,
  Fail,
  Handlers,
  SnapshotHandler,
  SourceRequest,
  StreamHandler,
  StreamRequest,
} from './lib/types/handlers.js'
