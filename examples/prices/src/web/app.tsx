import { useTopic } from '@tidings/client/react'
import { useEffect, useState } from 'react'
import { Board } from './board'
import { clients, type LinkName } from './clients'
import { Connection } from './connection'
import { Figures } from './figures'
import { PriceBoard } from './price-board'
import { Selected } from './selected'

export function App() {
  const [link, setLink] = useState<LinkName>('fast')
  const [board] = useState(() => new Board())
  const [chosen, setChosen] = useState<string>()
  const client = clients[link]
  const { value: market, error } = useTopic(
    client.market(),
    (state, event) => (event.type === 'pace' ? { ...state, ...event.data } : state),
    { keepPrevious: true },
  )

  // The listings stay the same when the pace changes.
  const listings = market?.listings
  useEffect(() => {
    if (!listings) return
    return board.follow(
      client,
      listings.map(({ symbol }) => symbol),
    )
  }, [board, client, listings])

  const selected = listings?.find(({ symbol }) => symbol === chosen) ?? listings?.[0]
  return (
    <>
      <header>
        <img src="/icon.svg" alt="" width="28" height="28" />
        <h1>Prices</h1>
        <Connection client={client} />
        <button
          type="button"
          aria-pressed={link === 'slow'}
          onClick={() => setLink(link === 'slow' ? 'fast' : 'slow')}
        >
          Slow link
        </button>
      </header>
      {error && <p role="alert">{error.message}</p>}
      <main>
        <div className="side">
          {selected && <Selected client={client} board={board} listing={selected} />}
          <Figures board={board} marketPace={market?.changesPerSecond ?? 0} />
        </div>
        {listings && (
          <PriceBoard board={board} listings={listings} selected={selected?.symbol} onSelect={setChosen} />
        )}
      </main>
    </>
  )
}
