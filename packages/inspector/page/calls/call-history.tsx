import { durationText } from './duration.js'
import { useHistory } from './history.js'

/** The last calls of a procedure, each of which can be written into the form again. */
export function CallHistory({ path, onChoose }: { readonly path: string; onChoose(input: unknown): void }) {
  const calls = useHistory().filter((call) => call.path === path)
  if (calls.length === 0) return null
  return (
    <section className="history" aria-label="Calls of this session">
      <h2>Earlier calls</h2>
      <ol>
        {calls.map(({ id, at, ms, input, outcome }) => (
          <li key={id}>
            <button type="button" className="history-call" onClick={() => onChoose(input)}>
              <time dateTime={at.toISOString()}>{at.toLocaleTimeString('en-GB')}</time>
              <span className={`tag ${outcome.status === 'done' ? 'tag-success' : 'tag-danger'}`}>
                {outcome.status === 'failed' ? outcome.error.code : outcome.status}
              </span>
              <span className="history-ms">{durationText(ms)}</span>
              <code className="history-input">{input === undefined ? '' : JSON.stringify(input)}</code>
              <span className="hidden">Use this input again</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
