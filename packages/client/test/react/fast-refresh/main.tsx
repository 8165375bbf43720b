import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Room } from './room.tsx'

const main = document.querySelector('main')
if (main) {
  createRoot(main).render(
    <StrictMode>
      <Room />
    </StrictMode>,
  )
}
