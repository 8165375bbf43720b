import { TidingsError } from '@tidings/core'
import { createServer, implement } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { contract } from './contract.js'
import { connect } from './harness.js'

it('receives what middleware refuses, typed, for commands, streams and subscriptions', async () => {
  const app = implement(contract, {
    context: ({ headers }) => ({ user: headers.get('authorization') }),
  }).use(({ context, next }) => {
    if (context.user === null) throw new TidingsError({ code: 'unauthorized', message: 'Sign in' })
    if (context.user === 'eve') throw new TidingsError({ code: 'too_many_requests', retryAfterMs: 7_000 })
    return next({ context: { user: context.user } })
  })
  const part = app.handlers(contract, {
    room: { snapshot: () => ({ messages: [] }) },
    send: ({ input, context }) => ({ text: `${context.user}: ${input.text}`, sentAt: new Date(0) }),
    ping: () => {},
    count: async function* ({ input }) {
      for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
      return { total: input.to }
    },
  })
  const tidings = createServer(app, {}, part)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const { origin } = await listen(express().use('/events', expressHandler(tidings)))
  const url = `${origin}/events`

  const anonymous = connect(url).client
  const refusal = await anonymous.send({ text: 'hi' }).catch((error: unknown) => error)
  expect(anonymous.send.isError(refusal) && [refusal.code, refusal.status, refusal.message]).toEqual([
    'unauthorized',
    401,
    'Sign in',
  ])
  await expect(anonymous.count({ to: 1 }).output).rejects.toMatchObject({ code: 'unauthorized', status: 401 })
  const failures: TidingsError[] = []
  anonymous.room({ roomId: 'lobby' }).subscribe({ error: (error) => failures.push(error) })
  await until(() => failures.length > 0, 'the subscription was refused')
  expect(failures[0]).toMatchObject({ code: 'unauthorized', message: 'Sign in' })

  const limited = connect(url, { headers: { authorization: 'eve' } }).client
  await expect(limited.send({ text: 'hi' })).rejects.toMatchObject({ status: 429, retryAfterMs: 7_000 })

  const ada = connect(url, { headers: { authorization: 'ada' } }).client
  expect(await ada.send({ text: 'hi' })).toEqual({ text: 'ada: hi', sentAt: new Date(0) })
  expect(await ada.count({ to: 2 }).output).toEqual({ total: 2 })
})
