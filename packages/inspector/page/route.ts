import { useSyncExternalStore } from 'react'

/** Returns the path in the fragment of the page's address: `chat/send` for `#/chat/send`, empty for the overview. */
export function useRoute(): string {
  return useSyncExternalStore(subscribe, routeOf)
}

/** Returns the address of a procedure within the page. Without a path, it is that of the overview. */
export function linkTo(path = ''): string {
  return `#/${path}`
}

function routeOf(): string {
  return decodeURIComponent(location.hash.replace(/^#\/?/, ''))
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange)
  return () => removeEventListener('hashchange', onChange)
}
