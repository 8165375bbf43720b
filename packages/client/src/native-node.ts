/** `@tidings/client/native` in Node, which has no EventSource of its own. */
export type { NativeClientOptions } from './lib/create-native-client.js'
export { createClient } from './lib/create-native-node-client.js'
