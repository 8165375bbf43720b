import { createServer as http } from 'node:http'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { defineContract, stream } from '@tidings/core'
import * as z from 'zod'
const contract = defineContract({ c: stream({ input: z.object({ n: z.number() }), events: { t: z.string() }, output: z.number() }) })
const t = createServer(contract, {}, { c: async function* ({ input }) { yield { type: 't', data: 'x' }; return input.n } })
const s = http(nodeHandler(t)); s.listen(0, '127.0.0.1', () => process.send(s.address().port))
process.on('message', (m) => { if (m === 'cpu') process.send(process.cpuUsage()); else process.exit() })
