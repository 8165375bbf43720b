export type { ConnectionState } from './lib/connection/connection-state.js'
export { createClient } from './lib/create-client.js'
export type { Subscription, Unsubscribe } from './lib/disposable.js'
export type {
  ClientOptions,
  ErrorContext,
  EventSourceConstructor,
  EventSourceLike,
} from './lib/options/client-options.js'
export type { DriftWatcher, WatchedConnection } from './lib/options/drift-watcher.js'
export type { Gap, GapReason } from './lib/topics/subscriber.js'
export type {
  CallOptions,
  ChannelClient,
  Client,
  CommandClient,
  Connection,
  Failure,
  FoldSnapshot,
  FoldTopic,
  Run,
  RunOf,
  RunState,
  SeedOptions,
  SignalOptions,
  StateOptions,
  StreamClient,
  SubscriptionHandlers,
  Topic,
  TopicEvent,
  TopicEventOf,
  TopicEvents,
  TopicOf,
  TopicState,
} from './lib/types/client.js'
