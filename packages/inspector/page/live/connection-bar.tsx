import { type ReactNode, useEffect, useState } from 'react'
import type { LiveSession, LiveView } from './live-session.js'

const cuts = [
  { label: 'a moment', ms: 0 },
  { label: '3 seconds', ms: 3_000 },
  { label: '10 seconds', ms: 10_000 },
  { label: 'until restored', ms: undefined },
] as const

interface ConnectionBarProps {
  session: LiveSession
  view: LiveView
  /** Further buttons. */
  children?: ReactNode
}

/** The connection that carries the subscriptions, and a way to cut it. */
export function ConnectionBar({ session, view, children }: ConnectionBarProps) {
  const { connection, isCut, reconnects } = view
  const [choice, setChoice] = useState(1)
  const isDown = isCut || connection.status === 'waiting'
  return (
    <div className="connection">
      <span className="connection-state" data-status={connection.status} role="status">
        <ConnectionText state={connection} />
      </span>
      {reconnects > 0 && <span className="connection-count">reconnected {reconnects}×</span>}
      {isCut && <span className="connection-count">cut by you</span>}
      <span className="spacer" />
      {isDown && (
        <button type="button" onClick={() => (isCut ? session.restore() : session.reconnect())}>
          {isCut ? 'Restore' : 'Reconnect now'}
        </button>
      )}
      <span className="connection-cut">
        <button
          type="button"
          disabled={isCut || connection.status === 'idle' || connection.status === 'closed'}
          title="Aborts the connection on this side, as a lost network would"
          onClick={() => session.cut(cuts[choice]?.ms)}
        >
          Cut the connection
        </button>
        <select
          aria-label="For how long"
          value={choice}
          onChange={({ target }) => setChoice(Number(target.value))}
        >
          {cuts.map(({ label }, index) => (
            <option key={label} value={index}>
              {label}
            </option>
          ))}
        </select>
      </span>
      {children}
    </div>
  )
}

function ConnectionText({ state }: { state: LiveView['connection'] }) {
  switch (state.status) {
    case 'idle':
      return 'no connection'
    case 'connecting':
      return state.attempt > 1 ? `connecting, attempt ${state.attempt}` : 'connecting'
    case 'open':
      return 'open'
    case 'waiting':
      return (
        <>
          reconnecting <Countdown to={state.retryAt} />
        </>
      )
    case 'closed':
      return state.problem
        ? `refused: ${state.problem.status || ''} ${state.problem.code}: ${state.problem.message}`
        : 'closed'
  }
}

function Countdown({ to }: { to: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200)
    return () => clearInterval(timer)
  }, [])
  return `in ${Math.max(0, (to - now) / 1_000).toFixed(1)} s`
}
