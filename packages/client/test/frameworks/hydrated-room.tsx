import { QueryClient, QueryClientProvider, useSuspenseQuery } from '@tanstack/react-query'
import type { SeedOf } from '@tidings/core'
import { StrictMode, Suspense, useState } from 'react'
import { topicQuery } from '../../src/tanstack-query.js'
import type { contract } from './contract.js'
import { client, withMessage } from './room.js'

type Seed = SeedOf<typeof contract.room>

function Room({ seed }: { seed: Seed }) {
  const { data } = useSuspenseQuery(topicQuery(client.room({ roomId: 'lobby' }), withMessage, { seed }))
  return (
    <ul>
      {data.messages.map(({ id, author, text, sentAt }) => (
        <li key={id} title={sentAt.toISOString()}>{`${author}: ${text}`}</li>
      ))}
    </ul>
  )
}

/** A page that a server renders, with the state of its room. */
export function HydratedRoom({ seed }: { seed: Seed }) {
  const [queryClient] = useState(() => new QueryClient())
  return (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Suspense fallback={<p>loading</p>}>
          <Room seed={seed} />
        </Suspense>
      </QueryClientProvider>
    </StrictMode>
  )
}
