import { useInsertionEffect, useRef } from 'react'

/** Returns a reference to the value of the last committed render. */
export function useLatest<Value>(value: Value): { readonly current: Value } {
  const latest = useRef(value)
  useInsertionEffect(() => {
    latest.current = value
  })
  return latest
}
