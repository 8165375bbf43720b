import { CopyButton } from '../copy/copy-button.js'
import type { Entry } from './entry-log.js'
import { copyText, sizeOf, timeOf } from './entry-text.js'
import { JsonView } from './json-view.js'

/** One entry in full. */
export function EntryDetail({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const isPayload = entry.kind === 'event' || entry.kind === 'snapshot'
  return (
    <section className="entry-detail" aria-label={`${entry.name} at ${timeOf(entry)}`}>
      <header>
        <strong data-kind={entry.kind}>{entry.name}</strong>
        <span>{timeOf(entry)}</span>
        {entry.cursor && (
          <span>
            cursor <code>{entry.cursor}</code>
          </span>
        )}
        {isPayload && <span>{sizeOf(entry.text)}</span>}
        <span className="spacer" />
        <CopyButton text={() => copyText(entry)} label={isPayload ? 'Copy JSON' : 'Copy'} />
        <button type="button" aria-label="Close the details" onClick={onClose}>
          ×
        </button>
      </header>
      {isPayload ? <JsonView text={entry.text} /> : <p>{entry.text}</p>}
    </section>
  )
}
