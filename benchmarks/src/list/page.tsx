// The page that shows the list, in Chromium: see measure-list.ts.
import { createClient } from '@tidings/client'
import { memo, useCallback, useDeferredValue, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import { contract, type Row } from './contract.js'
import { watchFrames } from './frames.js'
import type { Variant } from './variants.js'

const rowHeight = 22
const client = createClient(contract, { url: `${location.origin}/events` })
const counts = { events: 0, renders: 0 }

// An array is copied in a microsecond, and React sees that it is another one.
const list = client.list().state(
  (rows: readonly Row[], event) => {
    if (event.type === 'snapshot') return event.data.rows
    if (event.type !== 'changed') return rows
    counts.events += 1
    return rows.with(event.data.id, event.data)
  },
  { initial: [] },
)

/** Observes the list: at every change, or once a frame. */
function subscribe(onChange: () => void, isFramed: boolean): () => void {
  let frame: number | undefined
  const stop = list.subscribe(() => {
    if (!isFramed) onChange()
    else
      frame ??= requestAnimationFrame(() => {
        frame = undefined
        onChange()
      })
  })
  return () => {
    stop()
    if (frame !== undefined) cancelAnimationFrame(frame)
  }
}

function useRows(isFramed: boolean): readonly Row[] {
  return useSyncExternalStore(
    useCallback((onChange) => subscribe(onChange, isFramed), [isFramed]),
    () => list.value,
  )
}

function PlainItem({ row }: { row: Row }) {
  return (
    <tr style={{ height: rowHeight }}>
      <td>{row.name}</td>
      <td>{row.price.toFixed(2)}</td>
      <td style={{ color: row.change < 0 ? '#c00' : '#080' }}>{row.change.toFixed(2)}</td>
      <td>{row.volume.toLocaleString('en')}</td>
    </tr>
  )
}

const Item = memo(PlainItem)

function Table({ rows, isPlain = false }: { rows: readonly Row[]; isPlain?: boolean }) {
  counts.renders += 1
  const Each = isPlain ? PlainItem : Item
  return (
    <table style={{ font: '13px sans-serif', tableLayout: 'fixed', width: 600 }}>
      <tbody>
        {rows.map((row) => (
          <Each key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  )
}

const MemoTable = memo(Table)

function Visible({ rows }: { rows: readonly Row[] }) {
  const [top, setTop] = useState(0)
  const first = Math.floor(top / rowHeight)
  return (
    <div
      style={{ height: 660, overflow: 'auto' }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div
        style={{ height: rows.length * rowHeight, paddingTop: first * rowHeight, boxSizing: 'border-box' }}
      >
        <Table rows={rows.slice(first, first + 32)} />
      </div>
    </div>
  )
}

function Deferred({ rows }: { rows: readonly Row[] }) {
  return <MemoTable rows={useDeferredValue(rows)} />
}

function App({ variant }: { variant: Variant }) {
  const rows = useRows(variant !== 'every' && variant !== 'memo')
  if (variant === 'visible') return <Visible rows={rows} />
  if (variant === 'deferred') return <Deferred rows={rows} />
  return <Table rows={rows} isPlain={variant === 'every'} />
}

/** What the benchmark calls in the page. */
export const commands = {
  async start(variant: Variant): Promise<void> {
    const root = document.getElementById('root')
    if (root) createRoot(root).render(<App variant={variant} />)
    await list.ready
  },

  /** Watches frames and long tasks for so many milliseconds. */
  async watch(ms: number) {
    const { events, renders } = counts
    const watched = await watchFrames(ms)
    return { ...watched, events: counts.events - events, renders: counts.renders - renders }
  },

  /** The volume of a row as the page shows it and as the state has it, once the events have ended. */
  shown: (id: number) => ({
    isCurrent: list.isCurrent,
    total: list.value.length,
    text: document.querySelectorAll('tr')[id]?.lastElementChild?.textContent,
    expected: list.value[id]?.volume.toLocaleString('en'),
  }),
}

Object.assign(globalThis, { commands })
