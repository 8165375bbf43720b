// A server in a process of its own, which is closed by the code of the README: see shutdown.test.ts.
import { readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import type { AddressInfo } from 'node:net'
import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'
import { createServer } from '../src/index.js'
import { nodeHandler } from '../src/node.js'

const tidings = createServer(defineContract({ ticks: channel({ events: { tick: z.number() } }) }), {})
const server = createHttp(nodeHandler(tidings))
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const code = /```ts\n(process\.once\('SIGTERM'[\s\S]*?)```/.exec(readme)?.[1]
if (!code) throw new Error('The README does not say how to close')
new Function('process', 'server', 'tidings', code)(process, server, tidings)
