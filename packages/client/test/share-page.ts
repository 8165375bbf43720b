import { type ClientOptions, createClient } from '../src/index.js'
import { contract } from './contract.js'

/** What the tests of tabs that share a connection run in each: it follows two topics, and keeps what came. */
const seen = { ticks: [] as number[], room: [] as string[], gaps: [] as string[], states: [] as string[] }

function follow(options: Partial<ClientOptions> = {}) {
  const client = createClient(contract, { url: '/events', share: true, ...options })
  client.connection.on('change', ({ status }) => seen.states.push(status))
  client.ticks().subscribe({
    tick: (n) => seen.ticks.push(n),
    gap: ({ reason }) => seen.gaps.push(reason),
  })
  client.room({ roomId: 'lobby' }).subscribe({
    snapshot: ({ messages }) => {
      seen.room = [...messages]
    },
    typing: (author) => seen.room.push(author),
    gap: ({ reason }) => seen.gaps.push(reason),
  })
  Object.assign(globalThis, { client })
}

Object.assign(globalThis, { follow, seen })
