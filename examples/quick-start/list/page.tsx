import { createClient } from '@tidings/client'
import { useCommand, useTopic } from '@tidings/client/react'
import { createRoot } from 'react-dom/client'
import { contract } from './contract.js'

const client = createClient(contract, { url: '/events' })
const List = () => {
  const { value: tasks } = useTopic(client.tasks(), (tasks, { type, data }) => {
    const others = tasks.filter(({ id }) => id !== data.id)
    return type === 'added' ? [...others, data] : others
  })
  const { call: add, error } = useCommand(client.add)
  return (
    <form action={(form) => void add({ id: crypto.randomUUID(), title: String(form.get('title')) })}>
      {tasks?.map(({ id, title }) => (
        <input key={id} type="button" value={title} onClick={() => client.finish({ id })} />
      ))}
      <input name="title" placeholder="What is to be done?" />
      {error?.code === 'full' && <p role="alert">{error.data.max} tasks are enough</p>}
    </form>
  )
}
createRoot(document.body).render(<List />)
