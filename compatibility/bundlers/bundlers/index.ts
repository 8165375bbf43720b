import type { Bundler } from './bundler.js'
import { esbuild } from './esbuild.js'
import { parcel } from './parcel.js'
import { rspack } from './rspack.js'
import { vite } from './vite.js'
import { webpack } from './webpack.js'

export const bundlers: readonly Bundler[] = [vite, webpack, esbuild, rspack, parcel]
