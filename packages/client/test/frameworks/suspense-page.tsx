import { QueryClient, QueryClientProvider, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { runQuery, topicQuery } from '../../src/tanstack-query.js'
import { page } from './page.js'
import { client, withMessage } from './room.js'

/** Suspends for the topic, and starts a run. */
function Room({ roomId }: { roomId: string }) {
  const { data } = useSuspenseQuery(topicQuery(client.room({ roomId }), withMessage))
  const run = useQuery(runQuery(client.complete, { input: { prompt: roomId } }))
  return (
    <ul title={run.data?.status}>
      {data.messages.map(({ id, author, text }) => (
        <li key={id}>{`${author}: ${text}`}</li>
      ))}
    </ul>
  )
}

page((target, roomId) => {
  const queryClient = new QueryClient({ defaultOptions: { queries: { gcTime: 0 } } })
  const root = createRoot(target)
  const show = (next: string) =>
    root.render(
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <Suspense fallback={<p>loading</p>}>
            <Room roomId={next} />
          </Suspense>
        </QueryClientProvider>
      </StrictMode>,
    )
  show(roomId)
  return { show, leave: () => root.unmount() }
})
