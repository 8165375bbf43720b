import { control, described, type Examination, type OpenConnection, problemCode } from '../examination.js'
import type { Finding } from '../finding.js'

const check = 'body size'

const kib = 1024

/** The sizes to try. A server takes 1 MiB by default. */
const sizes = [100 * kib, 1000 * kib]

/** Posts control requests with much white space. */
export async function checkBodySize(examination: Examination, { id }: OpenConnection): Promise<Finding> {
  let passed = 0
  for (const size of sizes) {
    const answer = await control(examination, id, [], {}, size).catch(() => undefined)
    const isOwnLimit = answer && problemCode(answer) === 'payload_too_large'
    if (isOwnLimit) {
      const fact = `the server takes less than ${size / kib} KiB: its own \`limits.bodyBytes\``
      return { check, verdict: 'ok', fact }
    }
    if (answer?.status !== 200) {
      return {
        check,
        verdict: passed === 0 ? 'fault' : 'warning',
        fact: `a body of ${size / kib} KiB is refused: ${answer ? described(answer) : 'the connection was closed'}`,
        details: [passed === 0 ? 'The server takes 1 MiB by default' : `${passed / kib} KiB passed`],
        advice: 'Let the proxy take as much as the server: `limits.bodyBytes`, 1 MiB by default',
        remedies: [{ of: 'body size', megabytes: 2 }],
      }
    }
    passed = size
  }
  return { check, verdict: 'ok', fact: `${passed / kib} KiB pass` }
}
