import { useEffect, useState } from 'react'
import { Header } from './header.js'
import { Subscriptions } from './live/subscriptions.js'
import { Overview } from './overview.js'
import { ProcedureList } from './procedures/procedure-list.js'
import { ProcedureView } from './procedures/procedure-view.js'
import { useRoute } from './route.js'
import { openSession, type Session, SessionContext } from './session.js'

/** The whole page: the procedures on one side, what one of them is and does on the other. */
export function App() {
  const [session, setSession] = useState<Session>()
  const [failure, setFailure] = useState<string>()
  const [isListOpen, setIsListOpen] = useState(false)
  const route = useRoute()

  useEffect(() => {
    let isCurrent = true
    let opened: Session | undefined
    openSession().then(
      (result) => {
        opened = result
        if (isCurrent) setSession(result)
        else result.client.close()
      },
      (error: unknown) => {
        if (isCurrent) setFailure(error instanceof Error ? error.message : String(error))
      },
    )
    return () => {
      isCurrent = false
      opened?.client.close()
    }
  }, [])

  useEffect(() => {
    document.title = route === '' ? 'Tidings inspector' : `${route} · Tidings inspector`
  }, [route])

  if (failure !== undefined) {
    return (
      <main className="app-failure">
        <h1>The contract could not be loaded</h1>
        <p role="alert">{failure}</p>
      </main>
    )
  }
  if (!session) return <p className="app-loading">Loading the contract…</p>
  const procedure = Object.hasOwn(session.document.procedures, route)
    ? session.document.procedures[route]
    : undefined
  return (
    <SessionContext value={session}>
      <button type="button" className="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the procedure
      </button>
      <Header mount={session.mount} isListOpen={isListOpen} onToggleList={() => setIsListOpen(!isListOpen)} />
      <div className="app-panes">
        <ProcedureList
          document={session.document}
          current={route}
          isOpen={isListOpen}
          onChoose={() => setIsListOpen(false)}
        />
        <main id="main" className="app-main" tabIndex={-1}>
          {procedure ? (
            <ProcedureView key={route} path={route} procedure={procedure} />
          ) : route === '' ? (
            <Overview document={session.document} />
          ) : (
            <p role="alert">The contract has no procedure “{route}”.</p>
          )}
        </main>
        <Subscriptions />
      </div>
    </SessionContext>
  )
}
