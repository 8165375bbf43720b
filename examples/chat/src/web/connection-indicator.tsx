import type { ConnectionState } from '@tidings/client'
import { useConnection } from '@tidings/client/react'
import { useEffect, useState } from 'react'
import { client } from './client'

export function ConnectionIndicator() {
  const state = useConnection(client)
  const seconds = useSecondsUntil(state.status === 'waiting' ? state.retryAt : undefined)
  return (
    <span className="connection" data-status={state.status} role="status" title={reasonOf(state)}>
      {textOf(state, seconds)}
    </span>
  )
}

function textOf(state: ConnectionState, seconds: number): string {
  switch (state.status) {
    case 'open':
      return 'Live'
    case 'connecting':
      return state.attempt === 1 ? 'Connecting' : 'Reconnecting'
    case 'waiting':
      return seconds > 0 ? `Reconnecting in ${seconds} s` : 'Reconnecting'
    case 'idle':
      return 'Not connected'
    case 'closed':
      return 'Closed'
  }
}

function reasonOf(state: ConnectionState): string | undefined {
  return state.status === 'waiting' || state.status === 'closed' ? state.problem?.message : undefined
}

/** Counts down the whole seconds until a time. */
function useSecondsUntil(time: number | undefined): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (time === undefined) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [time])
  return time === undefined ? 0 : Math.max(0, Math.ceil((time - now) / 1_000))
}
