import type { About } from '@tidings/core/describe'

/** The parts of a request for a description of the contract that the option `describe` receives. */
export interface DescribeRequest<Context> {
  readonly context: Context
}

/** Decides whether a caller may have the description of the contract. */
export type DescribeDecision<Context> = (request: DescribeRequest<Context>) => boolean | Promise<boolean>

/** How a server describes its contract. */
export interface DescribeOptions<Context> {
  /** Decides whether a caller may have the description. By default, every caller may whom `context` does not refuse. */
  authorize?: DescribeDecision<Context>
  /**
   * What the AsyncAPI and OpenAPI documents state that a contract does not say, such as the version and the
   * credentials. The title defaults to `Tidings`, the version to the beginning of the contract's hash.
   */
  about?: Partial<About>
}
