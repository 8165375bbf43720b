import { useSyncExternalStore } from 'react'

const key = 'tidings-inspector-authorization'
const listeners = new Set<() => void>()
let value = stored()

/** The `Authorization` header that the page sends with every request. It is forgotten with the tab. */
export const authorization = {
  get value(): string {
    return value
  },
  headers(): Record<string, string> {
    return value === '' ? {} : { authorization: value }
  },
  set(given: string): void {
    value = given.trim()
    try {
      if (value === '') sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, value)
    } catch {
      // The header then lasts until the page is reloaded.
    }
    for (const listener of listeners) listener()
  },
}

export function useAuthorization(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => value,
  )
}

function stored(): string {
  try {
    return sessionStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}
