import { useState, useSyncExternalStore } from 'react'
import { EntryDetail } from './entry-detail.js'
import { EntryList } from './entry-list.js'
import type { Entry } from './entry-log.js'
import type { TopicWatch, WatchStatus } from './topic-watch.js'

const statusTexts = {
  subscribing: 'subscribing…',
  live: 'live',
  delayed: 'refused for now',
  refused: 'refused',
}

interface TopicCardProps {
  watch: TopicWatch
  status: WatchStatus
  onClose: () => void
}

/** A subscription: its state, its events, and what one does with them. */
export function TopicCard({ watch, status, onClose }: TopicCardProps) {
  const { log, problem } = watch
  const view = useSyncExternalStore(log.subscribe, () => log.view)
  const [selected, setSelected] = useState<Entry>()
  const names = Object.keys(watch.channel.events)

  return (
    <section className="topic" id={`topic-${watch.key}`} aria-label={`Topic ${watch.key}`}>
      <header className="topic-head">
        <h3 title={watch.key}>{watch.key}</h3>
        <span className="topic-status" data-status={status} role="status">
          {statusTexts[status]}
        </span>
        <button
          type="button"
          aria-label={`Unsubscribe from ${watch.key}`}
          title="Unsubscribe"
          onClick={onClose}
        >
          ×
        </button>
      </header>
      {problem && (
        <p className="topic-problem" role="alert">
          {problem.status > 0 && `${problem.status} `}
          <code>{problem.code}</code> {problem.message}
          {status === 'refused' && (
            <button type="button" onClick={() => watch.start()}>
              Subscribe again
            </button>
          )}
        </p>
      )}
      <div className="topic-tools">
        <input
          type="search"
          placeholder="Filter"
          aria-label={`Filter the events of ${watch.key}`}
          value={view.filter.text}
          onChange={({ target }) => log.setFilter({ text: target.value })}
        />
        {names.length > 1 && (
          <EventNames
            names={names}
            chosen={view.filter.names}
            onChange={(chosen) => log.setFilter({ names: chosen })}
          />
        )}
        <span className="spacer" />
        <button
          type="button"
          aria-pressed={view.isPaused}
          onClick={() => (view.isPaused ? log.resume() : log.pause())}
        >
          {view.isPaused ? `Resume (${view.held.toLocaleString('en')} new)` : 'Pause'}
        </button>
        <button
          type="button"
          onClick={() => {
            log.clear()
            setSelected(undefined)
          }}
        >
          Clear
        </button>
      </div>
      <EntryList label={`Events of ${watch.key}`} view={view} selected={selected} onSelect={setSelected} />
      <p className="topic-counts">
        {view.events.toLocaleString('en')} {view.events === 1 ? 'event' : 'events'}
        {view.dropped > 0 && `, the oldest ${view.dropped.toLocaleString('en')} entries dropped`}
        {(view.filter.text !== '' || view.filter.names.length > 0) &&
          `, ${view.shown.length.toLocaleString('en')} shown`}
      </p>
      {selected && (
        <EntryDetail key={selected.index} entry={selected} onClose={() => setSelected(undefined)} />
      )}
    </section>
  )
}

interface EventNamesProps {
  names: readonly string[]
  /** Empty for all. */
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
}

/** Chooses the events that are shown, by name. */
function EventNames({ names, chosen, onChange }: EventNamesProps) {
  const toggle = (name: string) =>
    onChange(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name])
  return (
    <fieldset className="event-names">
      <legend>Events</legend>
      {names.map((name) => (
        <button key={name} type="button" aria-pressed={chosen.includes(name)} onClick={() => toggle(name)}>
          {name}
        </button>
      ))}
    </fieldset>
  )
}
