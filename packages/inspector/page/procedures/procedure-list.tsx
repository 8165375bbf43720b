import type { ContractDocument, ProcedureDocument } from '@tidings/core/describe'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { linkTo } from '../route.js'
import { Kind } from './kind.js'
import './procedures.css'

type Entry = readonly [path: string, procedure: ProcedureDocument]

/** The procedures of the contract by group, with a search. The arrow keys move through them. */
export function ProcedureList({
  document,
  current,
  isOpen,
  onChoose,
}: {
  readonly document: ContractDocument
  readonly current: string
  /** Whether it is shown where the page is narrow. */
  readonly isOpen: boolean
  onChoose(): void
}) {
  const [query, setQuery] = useState('')
  const nav = useRef<HTMLElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const groups = useMemo(() => groupsOf(document, query), [document, query])

  useEffect(() => {
    const focusSearch = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target))
        return
      event.preventDefault()
      search.current?.focus()
      search.current?.select()
    }
    addEventListener('keydown', focusSearch)
    return () => removeEventListener('keydown', focusSearch)
  }, [])

  const onKeyDown = (event: KeyboardEvent) => {
    const stops = [...(nav.current?.querySelectorAll<HTMLElement>('input, a') ?? [])]
    const at = stops.indexOf(event.target as HTMLElement)
    const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 1, End: stops.length - 1 }[event.key]
    if (event.key === 'Escape') {
      setQuery('')
      search.current?.focus()
    } else if (event.key === 'Enter' && at === 0) {
      stops[1]?.click()
    } else if (target !== undefined && (at > 0 || event.key.startsWith('Arrow'))) {
      event.preventDefault()
      stops[Math.max(0, Math.min(target, stops.length - 1))]?.focus()
    }
  }

  return (
    <nav
      ref={nav}
      id="procedures"
      className="procedures"
      data-open={isOpen}
      aria-label="Procedures"
      onKeyDown={onKeyDown}
    >
      <div className="procedures-search">
        <input
          ref={search}
          type="search"
          aria-label="Search procedures"
          aria-keyshortcuts="/"
          placeholder="Search  /"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={({ target }) => setQuery(target.value)}
        />
      </div>
      {groups.length === 0 && <p className="quiet-text procedures-none">No procedure matches “{query}”.</p>}
      {groups.map(([group, entries]) => (
        <div key={group} className="procedures-group">
          {group !== '' && <h2>{group}</h2>}
          <ul aria-label={group === '' ? 'Procedures outside of groups' : group}>
            {entries.map(([path, { kind, deprecated }]) => (
              <li key={path}>
                <a
                  href={linkTo(path)}
                  title={path}
                  aria-current={path === current ? 'page' : undefined}
                  data-deprecated={deprecated !== undefined && deprecated !== false}
                  onClick={onChoose}
                >
                  <Kind kind={kind} />
                  <span className="procedures-name">{path.slice(group === '' ? 0 : group.length + 1)}</span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

/** Returns the procedures that match a query, by the path of their group. Those without a group come first. */
function groupsOf({ procedures }: ContractDocument, query: string): [group: string, entries: Entry[]][] {
  const words = query.toLowerCase().split(/\s+/)
  const groups = new Map<string, Entry[]>([['', []]])
  for (const [path, procedure] of Object.entries(procedures)) {
    const text = `${path} ${procedure.kind} ${procedure.title ?? ''}`.toLowerCase()
    if (!words.every((word) => text.includes(word))) continue
    const group = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    const entries = groups.get(group)
    if (entries) entries.push([path, procedure])
    else groups.set(group, [[path, procedure]])
  }
  return [...groups].filter(([, entries]) => entries.length > 0)
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}
