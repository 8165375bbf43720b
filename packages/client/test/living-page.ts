import { type ClientOptions, createClient } from '../src/index.js'
import { contract } from './contract.js'

/** What a page was told, in order. */
export type Note =
  | { readonly topic: 'ticks' | 'room'; readonly what: 'event' | 'snapshot'; readonly n: number }
  | { readonly topic: 'ticks' | 'room'; readonly what: 'gap'; readonly reason: string }
  | { readonly topic: 'connection'; readonly what: string; readonly problem: string | undefined }
  | { readonly topic: 'page'; readonly what: string }

/** What the tests of a page's life call in it. */
export interface LivingPage {
  readonly notes: readonly Note[]
  live(transport: 'its own' | 'the default', share?: boolean): void
}

/** Follows a channel with a snapshot and one without, as long as the page lives. */
function live(transport: 'its own' | 'the default', share = false): void {
  const own: Partial<ClientOptions> = transport === 'its own' ? { EventSource: globalThis.EventSource } : {}
  const client = createClient(contract, { url: '/events', share, ...own })
  client.connection.on('change', (state) => {
    const problem = 'problem' in state ? state.problem?.message : undefined
    notes.push({ topic: 'connection', what: state.status, problem })
  })
  client.ticks().subscribe({
    tick: (n) => notes.push({ topic: 'ticks', what: 'event', n }),
    gap: ({ reason }) => notes.push({ topic: 'ticks', what: 'gap', reason }),
  })
  client.room({ roomId: 'lobby' }).subscribe({
    snapshot: ({ messages }) => notes.push({ topic: 'room', what: 'snapshot', n: messages.length }),
    message: ({ text }) => notes.push({ topic: 'room', what: 'event', n: Number(text) }),
    gap: ({ reason }) => notes.push({ topic: 'room', what: 'gap', reason }),
  })
}

const notes: Note[] = []
document.addEventListener('visibilitychange', () =>
  notes.push({ topic: 'page', what: document.visibilityState }),
)
for (const what of ['online', 'offline', 'freeze', 'resume'])
  (what === 'freeze' || what === 'resume' ? document : window).addEventListener(what, () =>
    notes.push({ topic: 'page', what }),
  )
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) notes.push({ topic: 'page', what: 'came back' })
})

const page: LivingPage = { notes, live }
Object.assign(globalThis, page)
