/** A project as a template sets it up. */
export interface Configuration {
  readonly name: string
  /** The template's own compiler options, as it writes them. */
  readonly compilerOptions: Readonly<Record<string, unknown>>
  /** What is compiled with them. */
  readonly files: readonly string[]
  /** What the template does not say and the compilation needs. */
  readonly besides?: Readonly<Record<string, unknown>>
}

const everywhere = ['contract.ts', 'client-mistakes.ts', 'server-mistakes.ts', 'everywhere.ts']
const readme = ['contract.ts', 'server.ts', 'client.ts']

/** create-vite 9.3.0, template-react-ts/tsconfig.app.json */
export const viteForBrowsers: Configuration = {
  name: 'Vite sets up react-ts for the browser',
  compilerOptions: {
    target: 'es2023',
    lib: ['ES2023', 'DOM'],
    module: 'esnext',
    types: ['vite/client'],
    allowArbitraryExtensions: true,
    skipLibCheck: true,
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    moduleDetection: 'force',
    noEmit: true,
    jsx: 'react-jsx',
    noUnusedLocals: true,
    noUnusedParameters: true,
    erasableSyntaxOnly: true,
    noFallthroughCasesInSwitch: true,
  },
  files: everywhere,
}

/** create-vite 9.3.0, template-react-ts/tsconfig.node.json */
const viteForNode: Configuration = {
  name: 'Vite sets up react-ts for Node',
  compilerOptions: {
    target: 'es2023',
    lib: ['ES2023'],
    types: ['node'],
    skipLibCheck: true,
    module: 'nodenext',
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    moduleDetection: 'force',
    noEmit: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    erasableSyntaxOnly: true,
    noFallthroughCasesInSwitch: true,
  },
  files: [...everywhere, 'in-node.ts'],
}

/** create-next-app 16.4.3, templates/app/ts/tsconfig.json */
const next: Configuration = {
  name: 'Next sets up an app',
  compilerOptions: {
    target: 'ES2017',
    lib: ['dom', 'dom.iterable', 'esnext'],
    allowJs: true,
    skipLibCheck: true,
    strict: true,
    noEmit: true,
    esModuleInterop: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    resolveJsonModule: true,
    isolatedModules: true,
    jsx: 'react-jsx',
    incremental: true,
    plugins: [{ name: 'next' }],
    paths: { '@/*': ['./*'] },
  },
  files: [...everywhere, ...readme, 'in-node.ts'],
  // It would write a file, and the plugin is of editors.
  besides: { incremental: false },
}

/** `tsc --init` of TypeScript 5.9.3, 6.0.3 and 7.0.2, which write the same */
export const tscInit: Configuration = {
  name: 'tsc --init does',
  compilerOptions: {
    module: 'nodenext',
    target: 'esnext',
    types: [],
    sourceMap: true,
    declaration: true,
    declarationMap: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    strict: true,
    jsx: 'react-jsx',
    verbatimModuleSyntax: true,
    isolatedModules: true,
    noUncheckedSideEffectImports: true,
    moduleDetection: 'force',
    skipLibCheck: true,
  },
  files: [...everywhere, ...readme],
  besides: { outDir: './out' },
}

export const configurations: readonly Configuration[] = [viteForBrowsers, viteForNode, next, tscInit]
