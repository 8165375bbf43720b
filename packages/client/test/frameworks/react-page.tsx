import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { page } from './page.js'
import { Room } from './room-query.js'

page((target, roomId) => {
  const queryClient = new QueryClient({ defaultOptions: { queries: { gcTime: 0 } } })
  const root = createRoot(target)
  const show = (next: string) =>
    root.render(
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <Room roomId={next} />
        </QueryClientProvider>
      </StrictMode>,
    )
  show(roomId)
  return { show, leave: () => root.unmount() }
})
