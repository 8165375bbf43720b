/** How a page shows the list. Each variant adds one thing to the one before. */
export const variants = {
  every: 'a state for each event, and all rows rendered again',
  memo: 'rows that render only when they change',
  frame: 'one render a frame',
  deferred: 'useDeferredValue',
  visible: 'only the rows that are in view',
} as const

export type Variant = keyof typeof variants

export const variantNames = Object.keys(variants) as Variant[]
