// What the page uses of each runtime. The types of all runtimes do not fit into one program: the apps, which are the
// same, are checked against them in compatibility/hosts.
type Fetch = (request: Request, info?: unknown) => Promise<Response>

export declare const Bun: { serve(options: { port: number; idleTimeout: number; fetch: Fetch }): unknown }
export declare const Deno: { serve(options: { port: number }, handler: Fetch): unknown }

interface DurableObjectId {
  readonly name?: string
}
export interface DurableObjectNamespace {
  idFromName(name: string): DurableObjectId
  get(id: DurableObjectId): { fetch(request: Request): Promise<Response> }
}
