import * as z from 'zod'

// The page's policy forbids `eval`, for which zod would probe. Imported first: schemas choose when they are made.
z.config({ jitless: true })
