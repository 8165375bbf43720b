import { rooms } from '@tidings/example-chat/contract'
import Link from 'next/link'
import { notFound } from 'next/navigation'
import { messagesOf } from '@/lib/server'
import { Room } from './room'

/** A room, with its messages so far in the HTML. */
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
      <Room key={room.id} roomId={room.id} initial={room.id === 'staff' ? [] : messagesOf(room.id)} />
    </main>
  )
}
