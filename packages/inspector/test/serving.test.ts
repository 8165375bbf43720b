import { expect, it } from 'vitest'
import { startInspected } from './inspected-server.js'

it('serves the page and its files, and the contract', async () => {
  const { address } = await startInspected()
  const page = await fetch(address)
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  const [script = ''] = /(?<=src=")[^"]+/.exec(await page.text()) ?? []
  const file = await fetch(new URL(script, address))
  expect(file.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(file.headers.get('cache-control')).toContain('immutable')
  const document = await (await fetch(`${address}/contract.json`)).json()
  expect(Object.keys(document.procedures)).toContain('chat/send')
})
