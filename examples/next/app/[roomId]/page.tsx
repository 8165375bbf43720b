import { isTidingsError } from '@tidings/core'
import { type RoomId, rooms } from '@tidings/example-chat/contract'
import { headers } from 'next/headers'
import Link from 'next/link'
import { notFound } from 'next/navigation'
import { Suspense } from 'react'
import { tidings } from '@/lib/server'
import { Room } from './room'

/** A room. The page is sent at once, and the messages so far follow in the same response. */
export default async function Page({ params }: { params: Promise<{ roomId: string }> }) {
  const { roomId } = await params
  const room = rooms.find(({ id }) => id === roomId)
  if (!room) notFound()
  return (
    <main>
      <nav aria-label="Rooms">
        {rooms.map(({ id, name }) => (
          <Link key={id} href={`/${id}`} aria-current={id === room.id ? 'page' : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <Suspense key={room.id} fallback={<p>Loading the messages…</p>}>
        <RenderedRoom roomId={room.id} />
      </Suspense>
    </main>
  )
}

async function RenderedRoom({ roomId }: { roomId: RoomId }) {
  return <Room roomId={roomId} seed={await seedOf(roomId)} />
}

/** Returns what the room begins with. A visitor who may not enter sees that from the subscription, which is refused too. */
async function seedOf(roomId: RoomId) {
  try {
    return await tidings.snapshot.room({ roomId }, { headers: await headers() })
  } catch (error) {
    if (isTidingsError(error) && error.code === 'forbidden') return undefined
    throw error
  }
}
