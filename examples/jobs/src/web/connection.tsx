import type { ConnectionState } from '@tidings/client'
import { useConnection } from '@tidings/client/react'
import { client } from './client'

const texts: Record<ConnectionState['status'], string> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  waiting: 'Reconnecting',
  open: 'Live',
  closed: 'Closed',
}

export function Connection() {
  const { status } = useConnection(client)
  return (
    <span className="connection" data-status={status} role="status" aria-label="Connection">
      {texts[status]}
    </span>
  )
}
