import { useEffect, useState } from 'react'
import type { Board, BoardTotals } from './board'
import { formatCount } from './format'

interface FiguresProps {
  readonly board: Board
  /** How many prices change on the server in a second. */
  readonly marketPace: number
}

type Totals = BoardTotals & { readonly frames: number }

/** What happens each second: on the server, on the way, and in the page. */
export function Figures({ board, marketPace }: FiguresProps) {
  const { totals, rates } = useRates(board)
  const figures = [
    ['Changed', marketPace],
    ['Received', rates.received],
    ['Skipped', rates.skipped],
    ['Renders', rates.renders],
    ['Frames', rates.frames],
  ] as const
  return (
    <dl
      className="figures"
      aria-label="Each second"
      data-received={totals.received}
      data-skipped={totals.skipped}
      data-renders={totals.renders}
      data-frames={totals.frames}
    >
      {figures.map(([name, perSecond]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{formatCount(perSecond)}/s</dd>
        </div>
      ))}
    </dl>
  )
}

const none: Totals = { received: 0, skipped: 0, renders: 0, frames: 0 }

/** Counts frames, and reads the board's counts once a second. */
function useRates(board: Board): { totals: Totals; rates: Totals } {
  const [shown, setShown] = useState({ totals: none, rates: none })
  useEffect(() => {
    let frames = 0
    let frame = requestAnimationFrame(function count() {
      frames += 1
      frame = requestAnimationFrame(count)
    })
    let last: Totals = { ...board.totals, frames }
    let at = performance.now()
    const timer = setInterval(() => {
      const totals = { ...board.totals, frames }
      const seconds = (performance.now() - at) / 1_000
      setShown({ totals, rates: ratesOf(totals, last, seconds) })
      last = totals
      at = performance.now()
    }, 1_000)
    return () => {
      cancelAnimationFrame(frame)
      clearInterval(timer)
    }
  }, [board])
  return shown
}

function ratesOf(totals: Totals, before: Totals, seconds: number): Totals {
  const rate = (name: keyof Totals) => (totals[name] - before[name]) / seconds
  return {
    received: rate('received'),
    skipped: rate('skipped'),
    renders: rate('renders'),
    frames: rate('frames'),
  }
}
