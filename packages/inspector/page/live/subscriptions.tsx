import { useState, useSyncExternalStore } from 'react'
import { useSession } from '../session.js'
import { ConnectionBar } from './connection-bar.js'
import { TopicCard } from './topic-card.js'
import './live.css'

/** The subscriptions of the page and the connection that they share, whichever procedure is shown. */
export function Subscriptions() {
  const { live } = useSession()
  const view = useSyncExternalStore(live.subscribe, () => live.view)
  const [isOpen, setIsOpen] = useState(true)
  if (view.watches.length === 0) return null
  return (
    <section className="live" aria-label="Subscriptions" data-open={isOpen}>
      <ConnectionBar session={live} view={view}>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls="topics"
          onClick={() => setIsOpen(!isOpen)}
        >
          {isOpen ? 'Hide' : `Show ${count(view.watches.length)}`}
        </button>
      </ConnectionBar>
      <div className="topics" id="topics" hidden={!isOpen}>
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

function count(topics: number): string {
  return topics === 1 ? '1 topic' : `${topics} topics`
}
