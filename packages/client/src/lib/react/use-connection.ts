import { useCallback, useSyncExternalStore } from 'react'
import type { ConnectionState } from '../connection/connection-state.js'
import type { Connection } from '../types/client.js'

const idle: ConnectionState = { status: 'idle' }

/** Returns the state of a client's connection, and renders again with each change. A server renders it as idle. */
export function useConnection({ connection }: { readonly connection: Connection }): ConnectionState {
  const subscribe = useCallback((notify: () => void) => connection.on('change', notify), [connection])
  return useSyncExternalStore(
    subscribe,
    () => connection.state,
    () => idle,
  )
}
