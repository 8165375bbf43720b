export type { TopicQueryKey } from './lib/tanstack-query/query-keys.js'
export {
  type FoldedTopicQueryConfig,
  type SeededTopicQueryOptions,
  seedQuery,
  type TopicQueryConfig,
  type TopicQueryOptions,
  topicQuery,
} from './lib/tanstack-query/topic-query.js'
