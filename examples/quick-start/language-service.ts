import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const here = import.meta.dirname
const names = ['contract.ts', 'server.ts', 'client.ts']

/** The parsed files of all services: parsing the declarations of Node, the DOM and the libraries takes seconds. */
const parsed = ts.createDocumentRegistry()

/** Creates a language service for this folder and for further files, given by name. */
export function languageService(given: Readonly<Record<string, string>> = {}): ts.LanguageService {
  const texts = new Map(Object.entries(given).map(([name, text]) => [join(here, name), text]))
  const config = ts.getParsedCommandLineOfConfigFile(
    join(here, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) => {
        throw new Error(String(problem.messageText))
      },
    },
  )
  const fileExists = (file: string) => texts.has(file) || ts.sys.fileExists(file)
  const readFile = (file: string) => texts.get(file) ?? readFileSync(file, 'utf8')
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => config?.options ?? {},
    getScriptFileNames: () => [...names.map((name) => join(here, name)), ...texts.keys()],
    getScriptVersion: () => '1',
    getScriptSnapshot: (file) =>
      fileExists(file) ? ts.ScriptSnapshot.fromString(readFile(file)) : undefined,
    getCurrentDirectory: () => here,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists,
    readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  }
  return ts.createLanguageService(host, parsed)
}
