import { existsSync, readFileSync } from 'node:fs'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { repositoryLinks } from './repository-links.js'

/** The sidebar of the API reference, which TypeDoc writes. */
const reference: DefaultTheme.SidebarItem[] = JSON.parse(
  readFileSync(new URL('../reference/typedoc-sidebar.json', import.meta.url), 'utf8'),
)

const page = (text: string, link: string) => ({ text, link: `/${link}` })

/** Leaves out the pages that are not written yet. */
const written = (items: { text: string; link: string }[]) =>
  items.filter(({ link }) => existsSync(new URL(`..${link.replace(/\/$/, '/index')}.md`, import.meta.url)))

export default defineConfig({
  title: 'Tidings',
  description:
    'A typed, contract-first event framework: one zod contract, a server that emits, a client that never misses an event',
  cleanUrls: true,
  srcExclude: ['protocol/README.md', 'node_modules/**'],
  markdown: { config: (markdown) => repositoryLinks(markdown) },
  themeConfig: {
    nav: [page('Start', 'quick-start'), page('Protocol', 'protocol'), page('API', 'reference/')],
    sidebar: [
      {
        text: 'Start',
        items: written([
          page('Quick start', 'quick-start'),
          page('Concepts', 'concepts'),
          page('Compared', 'comparison'),
        ]),
      },
      {
        text: 'Guides',
        items: written([
          page('Signing in', 'auth'),
          page('Cookies', 'cookies'),
          page('Resume and gaps', 'resume-and-gaps'),
          page('Snapshots', 'snapshots'),
          page('Streaming answers', 'streaming-answers'),
          page('Changing a contract', 'evolution'),
          page('Testing', 'testing'),
        ]),
      },
      {
        text: 'Front ends',
        items: written([
          page('React', 'react'),
          page('Other frameworks', 'frameworks'),
          page('Server rendering', 'server-rendering'),
          page('Performance', 'front-end-performance'),
        ]),
      },
      {
        text: 'Operation',
        items: written([
          page('Deployment and proxies', 'deployment'),
          page('Runtimes', 'runtimes'),
          page('Scaling', 'scaling'),
        ]),
      },
      {
        text: 'Tools',
        items: written([
          page('Command line', 'cli'),
          page('Inspector', 'inspector'),
          page('Contract documents', 'contract-documents'),
          page('Changing a contract', 'evolution'),
        ]),
      },
      {
        text: 'Packages',
        items: written([
          page('The contract', 'core'),
          page('The server', 'server'),
          page('The client', 'client'),
        ]),
      },
      { text: 'Recipes', items: written([page('All recipes', 'recipes')]) },
      {
        text: 'Migrating',
        items: written([
          page('From socket.io', 'from-socket-io'),
          page('From tRPC subscriptions', 'from-trpc'),
          page('From EventSource', 'from-eventsource'),
          page('Streams compared', 'streaming-compared'),
        ]),
      },
      { text: 'Protocol', collapsed: true, items: written([page('The protocol', 'protocol')]) },
      { text: 'API', collapsed: true, items: reference },
    ],
    // Built into the site, so that it works without a network.
    search: { provider: 'local' },
    outline: [2, 3],
  },
})
