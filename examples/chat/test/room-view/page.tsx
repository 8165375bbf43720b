import { TidingsError } from '@tidings/core'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RoomView } from '../../src/web/room-view.js'
import { mock } from './mocked-client.js'

/** What a test of the page uses, which it calls in the page. */
export const kit = { mock, TidingsError, unmount: () => root.unmount() }

const root = createRoot(document.body)
root.render(
  <StrictMode>
    <RoomView roomId="lobby" name="Ada" />
  </StrictMode>,
)
