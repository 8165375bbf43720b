import type { ReactNode } from 'react'

// Solid is not installed. Its elements are taken for React's here, as the compiler knows one kind.
export declare function createMemo<Value>(compute: () => Value): () => Value
export declare function from<Value>(store: {
  subscribe(run: (value: Value) => void): () => void
}): () => Value | undefined
export declare function For<Item>(props: {
  each: readonly Item[] | undefined
  children: (item: Item, index: () => number) => ReactNode
}): ReactNode
