import { cpus, totalmem } from 'node:os'

/** The machine that figures were measured on. */
export interface Machine {
  readonly node: string
  readonly platform: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
}

export function machine(): Machine {
  const processors = cpus()
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  }
}

export function describe({ node, platform, cpu, cores, memoryGiB }: Machine): string {
  return `Node ${node}, ${platform}, ${cpu}, ${cores} cores, ${memoryGiB} GiB`
}
