import { readFileSync } from 'node:fs'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { decisions } from './decisions.js'
import { repositoryLinks } from './repository-links.js'

/** The sidebar of the API reference, which TypeDoc writes. */
const reference: DefaultTheme.SidebarItem[] = JSON.parse(
  readFileSync(new URL('../reference/typedoc-sidebar.json', import.meta.url), 'utf8'),
)

const page = (text: string, link: string) => ({ text, link: `/${link}` })

/** The languages of code blocks that the highlighter does not know, with the nearest that it does. */
const languageAlias = {
  abnf: 'ini',
  caddyfile: 'nginx',
  capnp: 'ini',
  haproxy: 'ini',
  squid: 'ini',
  vcl: 'c',
}

export default defineConfig({
  title: 'Tidings',
  description:
    'A typed, contract-first event framework: one zod contract, a server that emits, a client that never misses an event',
  cleanUrls: true,
  // The index of the search has its entries in the order in which the pages were read, so that two builds are alike.
  buildConcurrency: 1,
  rewrites: { 'protocol/README.md': 'protocol/fixtures.md' },
  srcExclude: ['node_modules/**'],
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  markdown: { config: (markdown) => repositoryLinks(markdown), languageAlias },
  transformPageData: ({ relativePath }) =>
    relativePath.startsWith('reference/') ? { titleTemplate: ':title | API of Tidings' } : undefined,
  // The index of the search is one file, which the page loads when a reader opens the search.
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      page('Guide', 'quick-start'),
      page('Recipes', 'recipes'),
      page('Examples', 'examples'),
      page('Protocol', 'protocol'),
      page('API', 'reference/'),
    ],
    sidebar: {
      '/': [
        {
          text: 'Start',
          items: [
            page('Quick start', 'quick-start'),
            page('Concepts', 'concepts'),
            page('Examples', 'examples'),
            page('Compared', 'comparison'),
          ],
        },
        {
          text: 'Guides',
          items: [
            page('Signing in', 'auth'),
            page('Cookies', 'cookies'),
            page('Resume and gaps', 'resume-and-gaps'),
            page('Snapshots', 'snapshots'),
            page('Streaming answers', 'streaming-answers'),
            page('Changing a contract', 'evolution'),
            page('Testing', 'testing'),
          ],
        },
        {
          text: 'Front ends',
          items: [
            page('React', 'react'),
            page('Other frameworks', 'frameworks'),
            page('Server rendering', 'server-rendering'),
            page('Performance', 'front-end-performance'),
          ],
        },
        {
          text: 'Operation',
          items: [
            page('Deployment and proxies', 'deployment'),
            page('Runtimes', 'runtimes'),
            page('Scaling', 'scaling'),
          ],
        },
        {
          text: 'Tools',
          items: [
            page('Command line', 'cli'),
            page('Inspector', 'inspector'),
            page('Contract documents', 'contract-documents'),
          ],
        },
        {
          text: 'Packages',
          items: [page('The contract', 'core'), page('The server', 'server'), page('The client', 'client')],
        },
        { text: 'Recipes', items: [page('All recipes', 'recipes')] },
        {
          text: 'Migrating',
          items: [
            page('From socket.io', 'from-socket-io'),
            page('From tRPC subscriptions', 'from-trpc'),
            page('From EventSource', 'from-eventsource'),
            page('Streams compared', 'streaming-compared'),
          ],
        },
        {
          text: 'Protocol',
          collapsed: true,
          items: [page('The protocol', 'protocol'), page('Fixtures', 'protocol/fixtures')],
        },
        {
          text: 'Decisions',
          collapsed: true,
          items: [
            page('All decisions', 'decisions/'),
            ...decisions().map(({ number, text, link }) => ({ text: `${number}: ${text}`, link })),
          ],
        },
      ],
      '/reference/': [{ text: 'API', items: [page('All modules', 'reference/'), ...reference] }],
    },
    // Built into the site, so that it works without a network.
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            // A typing mistake is found, but not another word: "preserve" for "presence".
            fuzzy: 0.1,
            // What a guide says about a word comes before the names and the reasons that have it.
            boostDocument: (id) => (/^\/(reference|decisions)\//.test(id) ? 0.4 : 1),
          },
        },
      },
    },
    outline: [2, 3],
  },
})
