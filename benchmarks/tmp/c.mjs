import { fork } from 'node:child_process'
import { createClient } from '@tidings/client'
import { defineContract, stream } from '@tidings/core'
import * as z from 'zod'
const contract = defineContract({ c: stream({ input: z.object({ n: z.number() }), events: { t: z.string() }, output: z.number() }) })
const s = fork('./s.mjs', { execArgv: process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [] })
const msg = () => new Promise((r) => s.once('message', r))
const port = await msg()
const client = createClient(contract, { url: `http://127.0.0.1:${port}/events` })
const keep = client.c({ n: 1 }); await keep.output
const one = async (n) => { const at = performance.now(); const run = client.c({ n }); let first; for await (const e of run) first ??= performance.now() - at; await run.output; return first }
for (let n = 0; n < 2000; n++) await one(n)
s.send('cpu'); const a = await msg(); const ca = process.cpuUsage()
const times = []; for (let n = 0; n < 3000; n++) times.push(await one(n))
s.send('cpu'); const b = await msg(); const cb = process.cpuUsage(ca)
times.sort((x, y) => x - y)
console.log('median', times[1500].toFixed(2), 'p99', times[2970].toFixed(2), 'server us', ((b.user + b.system - a.user - a.system) / 3000).toFixed(0), 'client us', ((cb.user + cb.system) / 3000).toFixed(0), client.connection.state.status)
s.send('exit'); client.close()
