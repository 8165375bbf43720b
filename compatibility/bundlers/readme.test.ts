import { expect, it } from 'vitest'
import { bundlers } from './bundlers/index.js'
import { parcelSettings } from './bundlers/parcel.js'
import { readBundlerSection } from './readme.js'

it('the README names the tested versions of the bundlers', async () => {
  const versions = bundlers.map(({ name, version }) => {
    const [major, minor] = version.split('.')
    return `${name} ${major === '0' ? `0.${minor}` : major}`
  })
  const named = /with (.*) in production mode/s.exec(await readBundlerSection())?.[1]?.replace(/\s+/g, ' ')
  expect(named).toBe(`${versions.slice(0, -1).join(', ')} and ${versions.at(-1)}`)
})

it('the README has the setting for Parcel that is tested', async () => {
  const block = /```json\n([\s\S]*?)```/.exec(await readBundlerSection())?.[1] ?? ''
  expect(JSON.parse(block)).toEqual(parcelSettings)
})
