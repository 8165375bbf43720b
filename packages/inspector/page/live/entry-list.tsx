import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import type { Entry, LogView } from './entry-log.js'
import { shortCursor, shortText, timeOf } from './entry-text.js'

/** Pixels. The rows have one height, so that only those in sight are rendered. */
const rowHeight = 24
const overscan = 6

interface EntryListProps {
  /** Names the list for screen readers. */
  label: string
  view: LogView
  selected: Entry | undefined
  onSelect: (entry: Entry | undefined) => void
}

/**
 * The entries of a log, newest last. Only the rows in sight are rendered. The list follows the newest entry until one
 * scrolls up, and again when one scrolls to its end.
 */
export function EntryList({ label, view, selected, onSelect }: EntryListProps) {
  const { shown, shownDropped } = view
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState(0)
  const [top, setTop] = useState(0)
  const [isFollowing, setIsFollowing] = useState(true)
  const droppedBefore = useRef(shownDropped)

  useEffect(() => {
    const element = list.current
    if (!element) return
    const observer = new ResizeObserver(() => setHeight(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  // Before the frame is painted: a list that follows shows its end, and another one what it showed before.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the number of rows changes the height that scrolls.
  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    const moved = Math.max(0, shownDropped - droppedBefore.current)
    droppedBefore.current = shownDropped
    if (isFollowing) element.scrollTop = element.scrollHeight
    else if (moved > 0) element.scrollTop -= moved * rowHeight
  }, [shown.length, shownDropped, isFollowing, height])

  const onScroll = () => {
    const element = list.current
    if (!element) return
    setTop(element.scrollTop)
    setIsFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight)
  }

  const visible = Math.ceil(height / rowHeight)
  const first = isFollowing ? shown.length - visible : Math.floor(top / rowHeight)
  const from = Math.max(0, Math.min(first, shown.length - visible) - overscan)
  const rows = shown.slice(from, from + visible + 2 * overscan)
  const optionId = (entry: Entry) => `${id}-${entry.index}`

  const select = (place: number) => {
    const at = Math.max(0, Math.min(shown.length - 1, place))
    const entry = shown[at]
    const element = list.current
    if (!entry || !element) return
    onSelect(entry)
    const y = at * rowHeight
    if (y < element.scrollTop) element.scrollTop = y
    else if (y + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = y + rowHeight - element.clientHeight
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const at = selected ? shown.indexOf(selected) : -1
    const from = at === -1 ? shown.length : at
    const steps: Record<string, () => void> = {
      ArrowUp: () => select(from - 1),
      ArrowDown: () => select(from + 1),
      PageUp: () => select(from - visible),
      PageDown: () => select(from + visible),
      Home: () => select(0),
      End: () => select(shown.length - 1),
      Escape: () => onSelect(undefined),
    }
    const step = steps[event.key]
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    step()
  }

  return (
    <div className="entries">
      <div
        className="entries-scroll"
        ref={list}
        role="listbox"
        aria-label={label}
        aria-activedescendant={selected && rows.includes(selected) ? optionId(selected) : undefined}
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: shown.length * rowHeight, position: 'relative' }}>
          <div style={{ transform: `translateY(${from * rowHeight}px)` }}>
            {rows.map((entry) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus, and handles its keys.
              <div
                key={entry.index}
                id={optionId(entry)}
                className="entry"
                data-kind={entry.kind}
                role="option"
                tabIndex={-1}
                aria-selected={entry === selected}
                onClick={() => onSelect(entry === selected ? undefined : entry)}
              >
                <span className="entry-time">
                  {timeOf(entry).slice(0, 8)}
                  <span className="entry-ms">{timeOf(entry).slice(8)}</span>
                </span>
                <span className="entry-name">{entry.name}</span>
                <span className="entry-cursor" title={entry.cursor}>
                  {shortCursor(entry.cursor)}
                </span>
                <span className="entry-text">{shortText(entry.text)}</span>
              </div>
            ))}
          </div>
        </div>
      </div>
      {!isFollowing && shown.length > 0 && (
        <button type="button" className="entries-newest" onClick={() => setIsFollowing(true)}>
          ↓ Newest
        </button>
      )}
    </div>
  )
}
