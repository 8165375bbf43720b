import { memo } from 'react'
import type { Listing } from '../contract'
import type { Board } from './board'
import { formatChange, formatPrice } from './format'
import { useInView } from './use-in-view'
import { useRow } from './use-row'

interface PriceRowProps {
  readonly board: Board
  readonly listing: Listing
  readonly isSelected: boolean
  onSelect(symbol: string): void
}

/** One symbol. It renders when its own price changes, and only while it is in view. */
export const PriceRow = memo(function PriceRow({ board, listing, isSelected, onSelect }: PriceRowProps) {
  const { symbol, name, open } = listing
  const { ref, isInView } = useInView<HTMLDivElement>()
  const row = useRow(board, symbol, isInView)
  return (
    // The list has the focus, and handles the keys.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div
      ref={ref}
      id={symbol}
      className="row"
      role="option"
      title={name}
      aria-selected={isSelected}
      data-trend={row?.trend}
      data-change={row?.quote.change}
      onClick={() => onSelect(symbol)}
    >
      <span className="symbol">{symbol}</span>
      {row ? (
        <>
          {/* The animation begins again when its name changes. */}
          <span className="price" data-flash={row.trend === 'none' ? undefined : row.quote.change % 2}>
            {formatPrice(row.quote.price)}
          </span>
          <span className="since-open" data-sign={Math.sign(row.quote.price - open)}>
            {formatChange(row.quote.price, open)}
          </span>
        </>
      ) : (
        <span className="price">–</span>
      )}
    </div>
  )
})
