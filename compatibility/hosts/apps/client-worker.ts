import { useClient } from './use-client.js'

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const [url, cut] = [searchParams.get('url'), searchParams.get('cut')]
    return url && cut ? Response.json(await useClient(url, cut)) : new Response('ready')
  },
}
