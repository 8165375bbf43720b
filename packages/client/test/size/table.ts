// Prints the sizes of pages, beside those with the packages of another checkout if its path is given:
// npm run sizes -- ../before
import { resolve } from 'node:path'
import { bundle, inKilobytes } from './bundle.js'
import { sizes } from './pages.js'

const [before] = process.argv.slice(2)
console.log(`| minified and gzipped | now | ${before ? 'before | ' : ''}limit |`)
console.log(`| --- | --: | ${before ? '--: | ' : ''}--: |`)
for (const { what, script, limit, withZod } of sizes) {
  const { gzipped } = await bundle(script, { withZod })
  const other = before ? `${inKilobytes(await sizeIn(before, script, withZod))} | ` : ''
  console.log(`| ${what} | ${inKilobytes(gzipped)} | ${other}${inKilobytes(limit)} |`)
}

async function sizeIn(checkout: string, script: string, withZod?: boolean): Promise<number> {
  const { gzipped } = await bundle(script, { withZod, from: resolve(checkout) })
  return gzipped
}
