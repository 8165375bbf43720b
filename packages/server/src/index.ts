export type { Answer, CompleteAnswer, Sink, SinkListener, StreamAnswer, TidingsRequest } from './lib/http.js'
export type {
  ContextRequest,
  ErrorPlace,
  HistoryOptions,
  LimitOptions,
  ServerOptions,
} from './lib/options.js'
export { createServer, type Stats, type Tidings } from './lib/server.js'
export type { ChannelEmitter, Emit, EmitEvent, TopicEmitter } from './lib/types/emit.js'
export type {
  ChannelHandler,
  CommandHandler,
  CommandRequest,
  Fail,
  Handlers,
  SnapshotHandler,
  StreamHandler,
  StreamRequest,
} from './lib/types/handlers.js'
