import { describe, expect, it } from 'vitest'
import { expressHandler } from '../src/express.js'
import { measured } from './composed/base.js'
import { createTidings } from './composed/main.js'
import { mount, open, post } from './harness.js'

const ada = { authorization: 'ada' }

describe('handlers in several files', () => {
  it('answer commands with the context that their middleware narrowed', async () => {
    const url = await mount(expressHandler(createTidings()))
    const input = { roomId: 'lobby', text: 'hi' }
    expect(await post(`${url}/rooms/send`, input, ada)).toMatchObject({ status: 200, body: { by: 'ada' } })
    expect(await post(`${url}/rooms/admin/clear`, {}, ada)).toMatchObject({ body: 'cleared by ada' })
    expect(await post(`${url}/ping`, {})).toMatchObject({ status: 200, body: 'nobody' })
    const refused = await post(`${url}/rooms/send`, input)
    expect(refused).toMatchObject({
      status: 401,
      body: { code: 'unauthorized', detail: 'Refused: unauthorized' },
    })
    const muted = await post(`${url}/rooms/send`, { roomId: 'lobby', text: 'spam' }, ada)
    expect(muted).toMatchObject({
      status: 422,
      body: { code: 'muted', data: { until: '1970-01-01T00:00:00.000Z' } },
    })
    expect(measured).toEqual(['rooms/send', 'rooms/admin/clear', 'ping', 'rooms/send', 'rooms/send'])
  })

  it.each(['export', 'summarise'])('answer streams: %s', async (name) => {
    const url = await mount(expressHandler(createTidings()))
    measured.length = 0
    const post = { method: 'POST', body: '{"rows":1}' }
    const refused = await fetch(`${url}/billing/${name}`, {
      ...post,
      headers: { 'content-type': 'application/json' },
    })
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([401, 'unauthorized'])
    const run = await open(`${url}/billing/${name}`, {
      ...post,
      headers: { 'content-type': 'application/json', ...ada },
    })
    const [, row, output] = await run.count(3)
    expect([row?.event, row?.data, output?.event]).toEqual(['row', '1', '$output'])
    expect(measured).toEqual([`billing/${name}`, `billing/${name}`])
  })

  it('decide about subscriptions', async () => {
    const url = await mount(expressHandler(createTidings()))
    expect((await fetch(`${url}/rooms/room?roomId=lobby`)).status).toBe(401)
    expect((await fetch(`${url}/rooms/room?roomId=staff`, { headers: ada })).status).toBe(403)
    const room = await open(`${url}/rooms/room?roomId=lobby`, { headers: ada })
    expect((await room.count(2)).map(({ event }) => event)).toEqual(['$open', '$snapshot'])
    const status = await open(`${url}/status`)
    expect(status.response.status).toBe(200)
  })
})
