import { useSyncExternalStore } from 'react'
import { useSession } from '../session.js'
import { ConnectionBar } from './connection-bar.js'
import { TopicCard } from './topic-card.js'
import './live.css'

/** The subscriptions of the page and the connection that they share, whichever procedure is shown. */
export function Subscriptions() {
  const { live } = useSession()
  const view = useSyncExternalStore(live.subscribe, () => live.view)
  if (view.watches.length === 0) return null
  return (
    <section className="live" aria-label="Subscriptions">
      <ConnectionBar session={live} view={view} />
      <div className="topics">
        {view.watches.map((watch) => (
          <TopicCard
            key={watch.key}
            watch={watch}
            status={watch.status}
            onClose={() => live.unwatch(watch)}
          />
        ))}
      </div>
    </section>
  )
}
