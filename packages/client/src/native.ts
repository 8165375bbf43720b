/** The client that subscribes with the browser's own EventSource, and is the same otherwise. */
export { createClient, type NativeClientOptions } from './lib/create-native-client.js'
