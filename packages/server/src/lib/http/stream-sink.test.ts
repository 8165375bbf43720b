import { expect, it, onTestFinished } from 'vitest'
import type { Sink } from './adapter.js'
import { Chunk } from './chunk.js'
import { eventStream } from './event-stream.js'
import { openReadable } from './stream-sink.js'

/** An open stream, as its server and as its host see it, and what its server was told. */
function start() {
  const told: string[] = []
  const request = new AbortController()
  let sink: Sink | undefined
  const response = eventStream((opened) => {
    sink = opened
    return { onDrained: () => void told.push('drained'), onClosed: () => void told.push('closed') }
  })
  const stream = openReadable(response, {
    signal: request.signal,
    onLeft: () => void told.push('left'),
    onOver: () => void told.push('over'),
  })
  if (!sink) throw new Error('the stream was not opened')
  const reader = stream.getReader()
  onTestFinished(() => void reader.cancel().catch(() => {}))
  const read = async () => {
    const { done, value } = await reader.read()
    return done ? undefined : new TextDecoder().decode(value)
  }
  return { sink, reader, read, told, leave: () => request.abort() }
}

/** Lets the stream call its source, which it does in microtasks. */
const settle = () => new Promise((resolve) => setTimeout(resolve))

const large = new Chunk('x'.repeat(64 * 1024))
const small = new Chunk('y')

it('has room until 64 KiB wait for the host, and reports room once the host has taken everything', async () => {
  const { sink, read, told } = start()
  await settle()
  expect(sink.write(small)).toBe(true)
  expect(sink.write(large)).toBe(false)
  await read()
  await settle()
  expect(told).toEqual([])
  await read()
  await settle()
  expect(told).toEqual(['drained'])
  expect(sink.write(small)).toBe(true)
})

it('counts what is written while corked, and sends it as one', async () => {
  const { sink, read, told } = start()
  sink.cork()
  expect(sink.write(small)).toBe(true)
  expect(sink.write(new Chunk('é'))).toBe(true)
  expect(sink.write(large)).toBe(false)
  sink.uncork()
  expect(await read()).toBe(`yé${'x'.repeat(64 * 1024)}`)
  await settle()
  expect(told).toEqual(['drained'])
})

it('reports room after a corked write that a waiting host takes at once', async () => {
  const { sink, read, told } = start()
  await settle()
  const waiting = read()
  sink.cork()
  expect(sink.write(large)).toBe(false)
  sink.uncork()
  expect(await waiting).toHaveLength(64 * 1024)
  await settle()
  expect(told).toEqual(['drained'])
})

it('leaves the memory of a chunk to the connections that share it', async () => {
  const { sink, read } = start()
  sink.write(small)
  expect(await read()).toBe('y')
  expect(new TextDecoder().decode(small.bytes)).toBe('y')
})

it('ends once the host has taken everything', async () => {
  const { sink, read, told } = start()
  sink.write(small)
  sink.write(small)
  sink.end()
  expect(sink.write(small)).toBe(false)
  expect(await read()).toBe('y')
  await settle()
  expect(told).toEqual([])
  expect(await read()).toBe('y')
  await settle()
  expect(told).toEqual(['over', 'closed'])
  expect(await read()).toBeUndefined()
})

it('ends at once if nothing waits, but reports it later', async () => {
  const { sink, read, told } = start()
  sink.end()
  expect(told).toEqual(['over'])
  expect(await read()).toBeUndefined()
  expect(told).toEqual(['over', 'closed'])
})

it('discards what waits when it is aborted, also while it ends', async () => {
  const { sink, reader, told } = start()
  sink.write(small)
  sink.end()
  sink.abort()
  expect(told).toEqual(['over'])
  await expect(reader.read()).rejects.toThrow('The server closed the connection')
  expect(told).toEqual(['over', 'closed'])
  sink.abort()
  await settle()
  expect(told).toEqual(['over', 'closed'])
})

it('closes when the host cancels it', async () => {
  const { sink, reader, told } = start()
  await reader.cancel()
  expect(told).toEqual(['over', 'left', 'closed'])
  expect(sink.write(small)).toBe(false)
  sink.cork()
  sink.write(small)
  sink.uncork()
  sink.end()
})

it('closes when the request is aborted, without an error that the host would print', async () => {
  const { sink, read, told, leave } = start()
  sink.write(small)
  leave()
  expect(sink.write(small)).toBe(false)
  expect(await read()).toBe('y')
  expect(await read()).toBeUndefined()
  expect(told).toEqual(['over', 'closed'])
})
