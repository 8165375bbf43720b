import type { About } from '@tidings/core/describe'
import type { DescribeOptions } from './describe-options.js'
import type { ServerOptions } from './options.js'
import { invalidOptions, kindOf, requireFunction, requireKnownKeys } from './validate-options.js'

/**
 * Returns how a server describes its contract; undefined if it does not.
 *
 * @throws TidingsError `invalid_options` for a value that is neither a boolean, a function nor options
 */
export function describeOf<Context>(
  describe: ServerOptions<Context>['describe'] = false,
): Required<DescribeOptions<Context>> | undefined {
  if (describe === false) return undefined
  const everyone = () => true
  if (describe === true) return { authorize: everyone, about: {} }
  if (typeof describe === 'function') return { authorize: describe, about: {} }
  if (typeof describe !== 'object' || describe === null) {
    throw invalidOptions(
      `describe is ${kindOf(describe)}. Give true, a function that decides by context, or { authorize, about }`,
    )
  }
  const { authorize = everyone, about = {} } = describe
  requireKnownKeys('describe', describe, ['authorize', 'about'])
  requireFunction('describe.authorize', authorize)
  requireKnownKeys('describe.about', about, aboutNames)
  return { authorize, about }
}

const aboutNames = [
  'title',
  'version',
  'description',
  'url',
  'license',
  'contact',
  'credentials',
] as const satisfies readonly (keyof About)[]
