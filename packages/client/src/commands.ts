export { type CommandsClientOptions, createClient } from './lib/create-command-client.js'
export type { CallOptions, CommandClient } from './lib/types/client.js'
export type { CommandsClient } from './lib/types/commands-client.js'
