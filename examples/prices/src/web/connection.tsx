import type { ConnectionState } from '@tidings/client'
import { useConnection } from '@tidings/client/react'
import type { PricesClient } from './clients'

const texts: Record<ConnectionState['status'], string> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  waiting: 'Reconnecting',
  open: 'Live',
  closed: 'Closed',
}

export function Connection({ client }: { client: PricesClient }) {
  const { status } = useConnection(client)
  return (
    <span className="connection" role="status" aria-label="Connection" data-status={status}>
      {texts[status]}
    </span>
  )
}
