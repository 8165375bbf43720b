import type { Tidings } from '@tidings/server'
import { Router } from 'express'
import { renderToPipeableStream } from 'react-dom/server'
import type { contract } from './contract'
import { Document } from './document'

/** Renders a room with its messages. */
export function pages(tidings: Tidings<typeof contract>): Router {
  return Router().get('/rooms/:roomId', async (request, response) => {
    const { roomId } = request.params
    const seed = await tidings.snapshot.room({ roomId }, { headers: request.headers })
    const { pipe } = renderToPipeableStream(<Document roomId={roomId} seed={seed} />, {
      bootstrapModules: ['/page.js'],
      onShellReady: () => pipe(response.type('html')),
    })
  })
}
