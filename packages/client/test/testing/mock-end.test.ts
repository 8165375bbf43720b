import { command, defineContract, stream } from '@tidings/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { mockClient } from '../../src/testing.js'

const contract = defineContract({
  ping: command(),
  complete: stream({ input: z.object({ prompt: z.string() }), events: { token: z.string() } }),
})

describe('the end of a block with await using', () => {
  /** Runs a test whose last step begins something, and handles its failure as a component does. */
  async function endingWith(
    begin: (mock: ReturnType<typeof mockClient<typeof contract>>) => PromiseLike<unknown>,
  ): Promise<void> {
    await using mock = mockClient(contract)
    begin(mock).then(undefined, () => {})
  }

  // The first test, because the code of runs is loaded with the first run.
  it('reports a run that was begun last and has no answer', async () => {
    await expect(endingWith(({ client }) => client.complete({ prompt: 'x' }).output)).rejects.toThrow(
      'complete was called, and the mock has no answer',
    )
  })

  it('reports a call that was begun last and has no answer', async () => {
    await expect(endingWith(({ client }) => client.ping())).rejects.toThrow(
      'ping was called, and the mock has no answer',
    )
  })

  it('reports an answer that throws later', async () => {
    const ending = endingWith((mock) => {
      mock.on.ping(async () => {
        await new Promise((resolve) => setImmediate(resolve))
        throw new Error('a bug')
      })
      return mock.client.ping()
    })
    await expect(ending).rejects.toThrow('- in ping: Error: a bug')
  })

  it('closes the client, and does not wait for an answer that the test holds back', async () => {
    let pending: Promise<void> | undefined
    await endingWith((mock) => {
      mock.on.ping(() => new Promise(() => {}))
      pending = mock.client.ping()
      return pending
    })
    await expect(pending).rejects.toMatchObject({ code: 'closed' })
  })
})
