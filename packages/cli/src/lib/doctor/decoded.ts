import { pipeline, type Readable } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** Returns a body without its content coding. What has arrived is decoded at once, not when the body has ended. */
export function decoded(body: Readable, coding = ''): Readable {
  const decoder = decoderOf(coding.toLowerCase())
  // The reader of the decoder sees a body that is cut.
  return decoder ? pipeline(body, decoder, () => {}) : body
}

function decoderOf(coding: string) {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
    case 'deflate':
      return createInflate({ finishFlush: constants.Z_SYNC_FLUSH })
    case 'br':
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })
    default:
      return undefined
  }
}
