/** The codecs of `@tidings/core`, as schemas of `zod/mini`. */
export { bigint, bytes, isoDate, map, set, url } from './lib/mini-codecs.js'
