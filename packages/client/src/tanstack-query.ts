export {
  type CommandMutationConfig,
  type CommandMutationOptions,
  commandMutation,
} from './lib/tanstack-query/command-mutation.js'
export type { RunData } from './lib/tanstack-query/live-run.js'
export type { CommandKey, RunIdentity, RunQueryKey, TopicQueryKey } from './lib/tanstack-query/query-keys.js'
export {
  type FoldedRunQueryConfig,
  type RunQueryConfig,
  type RunQueryOptions,
  type RunSource,
  runQuery,
} from './lib/tanstack-query/run-query.js'
export {
  type FoldedTopicQueryConfig,
  type SeededTopicQueryOptions,
  seedQuery,
  type TopicQueryConfig,
  type TopicQueryOptions,
  topicQuery,
} from './lib/tanstack-query/topic-query.js'
