import { fetchHandler } from '@tidings/server/fetch'
import { tidings } from './tidings.js'

Deno.serve({ port: 3000 }, fetchHandler(tidings))
