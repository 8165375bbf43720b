import * as z from 'zod'

// Before the contract, whose schemas choose when they are made.
z.config({ jitless: true })
await import('./page.js')
