import { parseSeed } from '@tidings/core'
import { hydrateRoot } from 'react-dom/client'
import { contract } from './contract.js'
import { HydratedRoom } from './hydrated-room.js'

const root = document.querySelector('main') as HTMLElement
const seen: (string | null)[] = [root.textContent]
new MutationObserver(() => seen.push(root.textContent)).observe(root, {
  childList: true,
  subtree: true,
  characterData: true,
})
const seed = parseSeed(contract.room, document.querySelector('#seed')?.textContent ?? '')
Object.assign(globalThis, { seen, hydrate: () => hydrateRoot(root, <HydratedRoom seed={seed} />) })
