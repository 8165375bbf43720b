import type { StreamDocument } from '@tidings/core/describe'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Copy } from '../copy/copy.js'
import { CopyButton } from '../copy/copy-button.js'
import type { FieldIssue } from '../form/issues.js'
import { JsonView } from '../live/json-view.js'
import { asTidingsError } from './as-tidings-error.js'
import { durationText } from './duration.js'
import { ErrorView } from './error-view.js'
import { Payload } from './payload.js'
import type { RunEvent, RunFeed, RunView } from './run-feed.js'

/** Events that are shown at once: those that arrived last. */
const maxShown = 200

const tags = {
  running: 'tag tag-accent',
  done: 'tag tag-success',
  failed: 'tag tag-danger',
  detached: 'tag',
} as const satisfies Record<RunView['status'], string>

/** One run: its id, its events as they arrive, and its end. */
export function RunCard({
  path,
  run,
  procedure,
  onRemove,
  onIssues,
}: {
  readonly path: string
  readonly run: RunFeed
  readonly procedure: StreamDocument
  onRemove(): void
  onIssues(issues: readonly FieldIssue[]): void
}) {
  const view = useSyncExternalStore(run.subscribe, () => run.view)
  const [problem, setProblem] = useState<string>()
  const { error } = view
  // Once, when the run has failed. What the server found wrong then belongs to the form.
  const reported = useRef(false)
  useEffect(() => {
    if (reported.current || error?.code !== 'invalid_input') return
    reported.current = true
    onIssues(error.issues ?? [])
  }, [error, onIssues])
  return (
    <section className="run" aria-label={`Run ${run.id}`}>
      <header className="run-head">
        <span className={tags[view.status]} role="status">
          {view.status}
        </span>
        <code className="run-id">{run.id}</code>
        <CopyButton text={() => run.id} label="Copy id" />
        <span className="spacer" />
        {view.status === 'running' && (
          <button
            type="button"
            onClick={() => {
              run.cancel().catch((failure: unknown) => setProblem(asTidingsError(failure).message))
            }}
          >
            Cancel
          </button>
        )}
        <button type="button" className="quiet" onClick={onRemove}>
          {view.status === 'running' ? 'Detach' : 'Close'}
        </button>
      </header>
      <p className="run-facts quiet-text">
        <time dateTime={run.startedAt.toISOString()}>{run.startedAt.toLocaleTimeString('en-GB')}</time>,{' '}
        {view.count.toLocaleString('en')} {view.count === 1 ? 'event' : 'events'}
        {view.status !== 'running' && `, ${durationText(view.ms)}`}
      </p>
      {problem !== undefined && (
        <p className="field-issue" role="alert">
          {problem}
        </p>
      )}
      <Events view={view} />
      {view.error && <ErrorView error={view.error} procedure={procedure} />}
      {view.status === 'done' && view.output !== undefined && <Payload value={view.output} label="Output" />}
      <Copy path={path} procedure={procedure} value={undefined} runId={run.id} />
    </section>
  )
}

function Events({ view }: { readonly view: RunView }) {
  const shown = view.events.slice(-maxShown)
  const list = useRef<HTMLOListElement>(null)
  const isAtEnd = useRef(true)
  // Follows the events, unless the user has scrolled up to read.
  useEffect(() => {
    if (isAtEnd.current && list.current && view.count > 0) list.current.scrollTop = list.current.scrollHeight
  }, [view.count])
  if (shown.length === 0) return null
  const hidden = view.count - shown.length
  return (
    <>
      {hidden > 0 && (
        <p className="quiet-text">
          {hidden.toLocaleString('en')} earlier {hidden === 1 ? 'event is' : 'events are'} not shown
        </p>
      )}
      <ol
        ref={list}
        className="run-events"
        aria-label="Events"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard.
        tabIndex={0}
        onScroll={({ currentTarget: at }) => {
          isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 24
        }}
      >
        {shown.map((event) => (
          <EventRow key={event.index} event={event} />
        ))}
      </ol>
    </>
  )
}

function EventRow({ event }: { readonly event: RunEvent }) {
  const text = event.data === undefined ? '' : JSON.stringify(event.data)
  return (
    <li>
      <span className="run-ms">+{durationText(event.ms)}</span>
      <code className="run-type">{event.type}</code>
      <div className="run-data">
        {text.length > 100 ? <JsonView text={JSON.stringify(event.data, null, 2)} /> : <code>{text}</code>}
      </div>
    </li>
  )
}
