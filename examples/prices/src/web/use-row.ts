import { useCallback, useSyncExternalStore } from 'react'
import type { Board, Row } from './board'

const never = () => () => {}

/** Returns a row of the board, and renders again when it changes, at most once a frame, while `isShown`. */
export function useRow(board: Board, symbol: string, isShown = true): Row | undefined {
  const subscribe = useCallback((listener: () => void) => board.subscribe(symbol, listener), [board, symbol])
  const read = () => board.rowOf(symbol)
  return useSyncExternalStore(isShown ? subscribe : never, read, read)
}
