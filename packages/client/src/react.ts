'use client'

export { type CallableCommand, type CommandView, useCommand } from './lib/react/use-command.js'
export { useConnection } from './lib/react/use-connection.js'
export { useEvents } from './lib/react/use-events.js'
export { type CallableStream, type RunView, type RunViewOptions, useRun } from './lib/react/use-run.js'
export { type TopicView, useTopic } from './lib/react/use-topic.js'
