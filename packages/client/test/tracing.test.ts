import { readFile } from 'node:fs/promises'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createServer, type Handlers, type Tidings } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { tracing } from '@tidings/server/tracing'
import { listen, pause, until } from '@tidings/test-kit'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { type Client, createClient } from '../src/index.js'
import { contract } from './contract.js'

/** Runs the code block of the server's README that calls a function, and returns a variable of it. */
async function runBlock<Result>(
  call: string,
  variable: string,
  names: Record<string, unknown>,
): Promise<Result> {
  const readme = await readFile(new URL('../../server/README.md', import.meta.url), 'utf8')
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const found = blocks.filter((code) => code.includes(call))
  expect(found).toHaveLength(1)
  const code = found[0]?.replaceAll(/^import .*$/gm, '')
  return new Function(...Object.keys(names), `${code}; return ${variable}`)(...Object.values(names))
}

it('traces a command and a stream from the client to their events, as in the README', async () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const handlers: Handlers<typeof contract, undefined> = {
    room: { snapshot: () => ({ messages: [] }) },
    send: async ({ input, emit }) => {
      await emit.ticks().tick(1)
      return { text: input.text, sentAt: new Date(0) }
    },
    ping: () => {},
    count: async function* ({ input, broadcast }) {
      for (let data = 1; data <= input.to; data += 1) {
        await pause(1)
        await broadcast.ticks().tick(data)
        yield { type: 'number', data }
      }
      return { total: input.to }
    },
  }
  const tidings = await runBlock<Tidings<typeof contract>>('tracing: tracing()', 'tidings', {
    createServer,
    tracing,
    contract,
    handlers,
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const { origin } = await listen(express().use('/events', expressHandler(tidings)))
  const client = await runBlock<Client<typeof contract>>('propagation.inject', 'client', {
    createClient,
    contract,
    url: `${origin}/events`,
    context,
    propagation,
  })
  onTestFinished(() => client.close())
  await client.ticks().on('tick', () => {}).ready

  const tracer = trace.getTracer('test')
  const [clicked, opened] = await Promise.all([
    tracer.startActiveSpan('click', async (span) => {
      await client.send({ text: 'hi' })
      return span.spanContext()
    }),
    tracer.startActiveSpan('open', async (span) => {
      expect(await client.count({ to: 2 }).output).toEqual({ total: 2 })
      return span.spanContext()
    }),
  ])
  const of = ({ traceId }: { traceId: string }) =>
    exporter
      .getFinishedSpans()
      .filter((span) => span.spanContext().traceId === traceId)
      .map(({ name }) => name)
      .sort()
  const call = ['deliver ticks', 'emit ticks']
  await until(() => of(opened).length >= 6 && of(clicked).length >= 3, 'the spans had ended')
  expect(of(clicked)).toEqual([...call, 'send'])
  expect(of(opened)).toEqual(['count', 'subscribe count', ...call, ...call].sort())
  const parentOf = (name: string) =>
    exporter.getFinishedSpans().find((span) => span.name === name)?.parentSpanContext?.spanId
  expect([parentOf('send'), parentOf('count')]).toEqual([clicked.spanId, opened.spanId])
})
