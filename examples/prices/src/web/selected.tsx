import type { Listing } from '../contract'
import type { Board } from './board'
import { Chart } from './chart'
import type { PricesClient } from './clients'
import { formatChange, formatPrice } from './format'
import { useRow } from './use-row'

interface SelectedProps {
  readonly client: PricesClient
  readonly board: Board
  readonly listing: Listing
}

/** The selected symbol: its name, its price, and its chart. */
export function Selected({ client, board, listing }: SelectedProps) {
  const { symbol, name, open } = listing
  const price = useRow(board, symbol)?.quote.price
  return (
    <section className="selected" aria-label="Selected">
      <h2>
        {name} <span className="muted">{symbol}</span>
      </h2>
      <p className="selected-price">
        <strong>{price === undefined ? '–' : formatPrice(price)}</strong>
        {price !== undefined && (
          <span className="since-open" data-sign={Math.sign(price - open)}>
            {formatChange(price, open)}
          </span>
        )}
      </p>
      <Chart client={client} board={board} listing={listing} />
    </section>
  )
}
