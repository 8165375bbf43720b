import { command, defineContract } from '@tidings/core'
import { createServer, implement } from '@tidings/server'
import { expectTypeOf, it } from 'vitest'
import { type InspectionRequest, inspector } from '../src/index.js'

const contract = defineContract({ greet: command({}) })
const handlers = { greet: async () => {} }
const context = () => ({ name: 'ada' })

const forNames = inspector({ authorize: (request: InspectionRequest<{ name: string }>) => !!request.context })
const forUsers = inspector({ authorize: (request: InspectionRequest<{ user: string }>) => !!request.context })

it('takes an inspector that decides by the context of the server', () => {
  createServer(contract, { context, inspector: forNames }, handlers)
  createServer(
    contract,
    { context: async () => ({ name: 'ada', admin: true }), inspector: forNames },
    handlers,
  )
  createServer(contract, { inspector: forNames, context }, handlers)
  createServer(
    contract,
    {
      context: ({ headers }) => ({ name: headers.get('name') ?? '', admin: true }),
      inspector: forNames,
      principal: ({ name, admin }) => (admin ? name : undefined),
    },
    {
      greet: ({ context }) => {
        expectTypeOf(context).toEqualTypeOf<{ name: string; admin: boolean }>()
      },
    },
  )
  createServer(implement(contract, { context }), { inspector: forNames }, {} as never)
})

it('takes an inspector that needs no context, whichever the server has', () => {
  const byHeader = inspector({ authorize: ({ headers }) => headers.get('x-admin') === 'yes' })
  const tidings = createServer(
    contract,
    { inspector: inspector() },
    {
      greet: ({ context }) => {
        expectTypeOf(context).toEqualTypeOf<undefined>()
      },
    },
  )
  const plain = createServer(contract, handlers)
  expectTypeOf(tidings).toEqualTypeOf(plain)
  createServer(contract, { context, inspector: inspector() }, handlers)
  createServer(contract, { context, inspector: byHeader }, handlers)
  createServer(implement(contract, { context }), { inspector: byHeader }, {} as never)
})

it('refuses an inspector that decides by another context', () => {
  // @ts-expect-error the context has no user
  createServer(contract, { context, inspector: forUsers }, handlers)
  createServer(
    contract,
    {
      context: ({ headers }) => ({ name: headers.get('name') }),
      // @ts-expect-error what is made of a request has no user
      inspector: inspector({
        authorize: ({ context }: { context: { user: string } }) => context.user === 'ada',
      }),
    },
    handlers,
  )
  // @ts-expect-error the context of the app has no user
  createServer(implement(contract, { context }), { inspector: forUsers }, {} as never)
})

it('does not know the context of an `authorize` that names none', () => {
  inspector({
    authorize: (request) => {
      expectTypeOf(request).toEqualTypeOf<InspectionRequest<unknown>>()
      return true
    },
  })
})
