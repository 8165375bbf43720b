/**
 * The layers of each package, lowest first: patterns of files below its `src/`. A file belongs to the first layer
 * that it matches, and imports from that layer and from lower ones only. Type imports count.
 */
const layers = {
  core: [
    // Values and texts, without schemas
    'lib/(backoff|canonical|cursor|error|frame|gap-reason|iso-text|names|no-check|plan|run-key|sha256|topic-key|unserializable)\\.ts',
    'lib/types/',
    // Signals and problem documents
    'lib/(fields|parse-json|parse-url|problem|signals)\\.ts',
    // What schemas accept, and the encoding of their values
    'lib/(asymmetric|codec-definitions|is-recursive|json-only|plan-checks|plan-leaves|schema-pairs|schema-walk|text-samples|union-members|zod-encode)\\.ts',
    'lib/(encode-object|encode-plan|no-plan)\\.ts',
    'lib/(acceptance|dropped-keys|given|json-safety|overlap|round-trip|shared-keys)\\.ts',
    'lib/(codecs|mini-codecs|payload-codec)\\.ts',
    // Contracts and control requests
    'lib/(check-contract|compile|contract|control-request|control-response|procedure|procedure-error|seed|topic)\\.ts',
    'lib/describe/',
    '[^/]+\\.ts',
  ],
  server: [
    'lib/runtime/',
    'lib/(deadline|history|hooks|ignorable|jitter|on-abort|pause|principal|run-limits|token-buckets?|topic-key|validate-options)\\.ts',
    'lib/types/',
    'lib/http/',
    'lib/tracing\\.ts',
    'lib/bus/',
    'lib/log/',
    'lib/inspection/',
    'lib/(describe-)?options\\.ts',
    'lib/middleware/',
    'lib/(bind-handlers|create-emitter|emitter|resolve-describe|resolve-options)\\.ts',
    'lib/connections/',
    'lib/(calls|nodes)/',
    'lib/(revocations|runs)/',
    'lib/endpoints/',
    'lib/local/',
    'lib/open-telemetry/',
    'lib/(duplicate-server-check|publisher|report-once|server|server-life|shutdown|stats|tidings)\\.ts',
    // The test kit's clients reach the server through it
    'fetch\\.ts',
    'lib/testing/',
    '[^/]+\\.ts',
  ],
  client: [
    'lib/(disposable|linked-abort|on-abort|types/disposable)\\.ts',
    'lib/connection/(connection-state|event-parser|event-stream|failures)\\.ts',
    'lib/options/(client-options|drift-watcher|invalid-options|check-options|no-check-options)\\.ts',
    'lib/(options/(request|resolved)-options|reporting)\\.ts',
    'lib/connection/',
    'lib/topics/subscriber\\.ts',
    'lib/types/',
    'lib/folded\\.ts',
    'lib/topics/',
    'lib/calls/',
    'lib/client-parts\\.ts',
    'lib/runs/',
    'lib/tabs/',
    'lib/tanstack-query/',
    'lib/drift/',
    'lib/(client|connection-manager)\\.ts',
    'lib/create-[^/]+\\.ts',
    'lib/react/',
    'lib/testing/',
    '[^/]+\\.ts',
  ],
  cli: [
    'lib/(capitalized|closest|exit-code|failure|io|output|printable|progress-line|wrapped)\\.ts',
    'lib/command\\.ts',
    'lib/(change-report|document-text|procedure|schema-text|schema-value|shared-options|stable-json)\\.ts',
    'lib/(file-errors|health|loaded-contract|parse-document|request)\\.ts',
    'lib/(fetch-document|load-module)\\.ts',
    'lib/(arguments|bus-emitter|contract-source|remote)\\.ts',
    'lib/contract-version\\.ts',
    // What a command does, where it takes several files
    'lib/(completion|doctor|live)/',
    'lib/bench/',
    'lib/commands/',
    'lib/(complete|main|program|run-process|usage-message)\\.ts',
    '[^/]+\\.ts',
  ],
  inspector: [
    'lib/(page\\.d|responses|stats-contract)\\.ts',
    'lib/stats-feed\\.ts',
    'lib/inspector\\.ts',
    '[^/]+\\.ts',
  ],
}

/** The packages that each package imports, always by their public entries. */
const imported = {
  core: [],
  server: ['core'],
  client: ['core'],
  cli: ['core', 'server', 'client'],
  inspector: ['core', 'server'],
}

/** The part of server that imports client, by its public entries too: the kit for tests, whose clients are real ones. */
const serverTestKit = '^packages/server/src/lib/testing/'

/** The page of the inspector: built with client, and with what both ends of its feed know. */
const inspectorPage = '^packages/inspector/page/'

/** The files that run in Node only: the command line, and of server its adapters, the bus on Redis, and the tests of a bus. */
const nodeFiles =
  '^packages/cli/|^packages/server/src/((express|node|redis|testing)\\.ts|lib/http/(node-|pipelining)|lib/bus/(redis/|suite/|bus-suite))'

const rules = Object.entries(layers).flatMap(([name, patterns]) => {
  const root = `^packages/${name}/src/`
  const filesOf = (some) => `${root}(${some.join('|')})`
  const upward = patterns.slice(0, -1).map((layer, index) => ({
    name: `${name}-layers`,
    comment: `A file of ${name} imports from a higher layer.`,
    severity: 'error',
    from: { path: root + layer, pathNot: index === 0 ? [] : filesOf(patterns.slice(0, index)) },
    to: { path: root, pathNot: filesOf(patterns.slice(0, index + 1)) },
  }))
  const entries = `^packages/(${[...imported[name], '-'].join('|')})/src/[^/]+$`
  const siblings = {
    name: `${name}-packages`,
    comment: `${name} imports a package, or a file of one, that it must not.`,
    severity: 'error',
    from: { path: root, pathNot: serverTestKit },
    to: { path: '^packages/', pathNot: [root, entries, `^packages/${name}/(package\\.json$|node_modules/)`] },
  }
  const hasLayer = {
    name: `${name}-has-layer`,
    comment: 'The file belongs to no layer. Add it to .dependency-cruiser.mjs.',
    severity: 'error',
  }
  const unlisted = { path: root, pathNot: filesOf(patterns) }
  return [
    ...upward,
    siblings,
    { ...hasLayer, from: unlisted, to: {} },
    { ...hasLayer, from: {}, to: unlisted },
  ]
})

export default {
  forbidden: [
    ...rules,
    {
      name: 'server-test-kit',
      comment: 'The test kit of server imports a package, or a file of one, that it must not.',
      severity: 'error',
      from: { path: serverTestKit },
      to: {
        path: '^packages/',
        pathNot: ['^packages/server/src/', '^packages/(core|client)/src/[^/]+$'],
      },
    },
    {
      name: 'inspector-page',
      comment: 'The page of the inspector imports a package, or a file of one, that it must not.',
      severity: 'error',
      from: { path: inspectorPage },
      to: {
        path: '^packages/',
        pathNot: [
          inspectorPage,
          '^packages/(core|client)/src/[^/]+$',
          '^packages/inspector/(src/lib/stats-contract\\.ts$|node_modules/)',
        ],
      },
    },
    {
      name: 'portable',
      comment: 'The file has to run in every runtime, and imports a module of Node. Only adapters may.',
      severity: 'error',
      from: { pathNot: [nodeFiles, 'node_modules'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'portable-imports',
      comment: 'The file has to run in every runtime, and imports a file that runs in Node only.',
      severity: 'error',
      from: { pathNot: [nodeFiles, 'node_modules'] },
      to: { path: nodeFiles },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // Types count: a cycle of types is a cycle for its reader.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test(-d)?\\.ts$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@tidings/source', 'types', 'import', 'node', 'default'],
    },
  },
}
