import { type SeedOf, serializeSeed } from '@tidings/core'
import { contract } from './contract'
import { Room } from './room'

interface Props {
  roomId: string
  seed: SeedOf<typeof contract.room>
}

export function Document({ roomId, seed }: Props) {
  return (
    <html lang="en">
      <head>
        <title>{roomId}</title>
        <link rel="icon" href="data:," />
      </head>
      <body>
        <div id="root" data-room={roomId}>
          <Room roomId={roomId} seed={seed} />
        </div>
        <script
          id="seed"
          type="application/json"
          // biome-ignore lint/security/noDangerouslySetInnerHtml: serializeSeed escapes what ends a script element.
          dangerouslySetInnerHTML={{ __html: serializeSeed(contract.room, seed) }}
        />
      </body>
    </html>
  )
}
