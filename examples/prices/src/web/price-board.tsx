import { type KeyboardEvent, useRef } from 'react'
import type { Listing } from '../contract'
import type { Board } from './board'
import { PriceRow } from './price-row'

interface PriceBoardProps {
  readonly board: Board
  readonly listings: readonly Listing[]
  readonly selected: string | undefined
  onSelect(symbol: string): void
}

/** All symbols, as a list in columns. The arrow keys, Home and End select. */
export function PriceBoard({ board, listings, selected, onSelect }: PriceBoardProps) {
  const list = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const from = listings.findIndex(({ symbol }) => symbol === selected)
    const to = targetOf(event.key, from, listings.length, list.current ? columnsOf(list.current) : 1)
    const listing = to === undefined ? undefined : listings[to]
    if (!listing) return
    event.preventDefault()
    onSelect(listing.symbol)
    document.getElementById(listing.symbol)?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div
      ref={list}
      className="board"
      role="listbox"
      aria-label="Prices"
      aria-activedescendant={selected}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {listings.map((listing) => (
        <PriceRow
          key={listing.symbol}
          board={board}
          listing={listing}
          isSelected={listing.symbol === selected}
          onSelect={onSelect}
        />
      ))}
    </div>
  )
}

function targetOf(key: string, from: number, count: number, columns: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return Math.min(count - 1, from + 1)
    case 'ArrowLeft':
      return Math.max(0, from - 1)
    case 'ArrowDown':
      return from + columns < count ? from + columns : from
    case 'ArrowUp':
      return from - columns >= 0 ? from - columns : from
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}

function columnsOf(grid: Element): number {
  return getComputedStyle(grid).gridTemplateColumns.split(' ').length
}
