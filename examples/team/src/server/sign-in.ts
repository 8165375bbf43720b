import { promisify } from 'node:util'
import express, { Router } from 'express'
import * as z from 'zod'
import { contextOf, sessionMs } from './session'
import { accessChanges, authenticate, generationOf } from './users'

const Credentials = z.object({ userId: z.string().max(40), password: z.string().max(200) })

/**
 * Signs in with `POST /session`, out with `DELETE /session`, and tells with `GET /session` who is signed in.
 *
 * Pages of other origins can send neither JSON nor DELETE without a preflight, which no one here allows.
 */
export const signIn = Router()

signIn.get('/', (request, response) => {
  const { user, expiresAt } = contextOf(request.session)
  response.set('Cache-Control', 'no-store').json({ user: user ?? null, expiresAt: expiresAt ?? null })
})

signIn.post('/', express.json({ limit: '1kb' }), async (request, response) => {
  const given = Credentials.safeParse(request.body)
  const user = given.success && (await authenticate(given.data.userId, given.data.password))
  if (!user) return void response.status(401).json({ message: 'The name or the password is wrong.' })
  // A new id, so that an attacker who planted the old one has nothing.
  await promisify(request.session.regenerate.bind(request.session))()
  const endsAt = Date.now() + sessionMs
  Object.assign(request.session, { userId: user.id, generation: generationOf(user.id), endsAt })
  response.json({ user, expiresAt: endsAt })
})

signIn.delete('/', async (request, response) => {
  const { userId } = request.session
  await promisify(request.session.destroy.bind(request.session))()
  response.clearCookie('session')
  if (userId !== undefined) accessChanges.emit('sessions', userId)
  response.status(204).end()
})
