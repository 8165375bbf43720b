/** A node of a graph that may have cycles. The edges of a node have different labels, in a fixed order. */
export interface GraphNode {
  readonly label: string
  readonly edges: readonly (readonly [label: string, to: GraphNode])[]
}

/**
 * Writes a graph as text that is equal for graphs that look alike from their root, however often each repeats a part of
 * itself: a recursive schema reads the same with and without names, and unrolled by a step.
 *
 * Nodes that look alike become one, as in the minimisation of an automaton (Moore's algorithm), and are numbered in the
 * order in which a walk from the root reaches them.
 */
export function canonicalGraph(root: GraphNode): string {
  const nodes = reachable(root)
  const classes = classesOf(nodes)
  const numbers = new Map<number, number>([[classes.get(root) ?? 0, 0]])
  const queue = [root]
  const lines: unknown[] = []
  for (const node of queue) {
    const edges = node.edges.map(([label, to]) => {
      const wanted = classes.get(to) ?? 0
      const known = numbers.get(wanted)
      if (known !== undefined) return [label, known]
      queue.push(to)
      numbers.set(wanted, numbers.size)
      return [label, numbers.size - 1]
    })
    lines.push([node.label, edges])
  }
  return JSON.stringify(lines)
}

function reachable(root: GraphNode): readonly GraphNode[] {
  const found = new Set([root])
  for (const node of found) for (const [, to] of node.edges) found.add(to)
  return [...found]
}

/** Divides nodes into classes of nodes that look alike, which are refined until they stay. */
function classesOf(nodes: readonly GraphNode[]): ReadonlyMap<GraphNode, number> {
  let classes = new Map<GraphNode, number>()
  for (let count = 0; ; ) {
    const ids = new Map<string, number>()
    const next = new Map<GraphNode, number>()
    for (const node of nodes) {
      const key = JSON.stringify([node.label, node.edges.map(([label, to]) => [label, classes.get(to) ?? 0])])
      const id = ids.get(key) ?? ids.size
      ids.set(key, id)
      next.set(node, id)
    }
    classes = next
    if (ids.size === count) return classes
    count = ids.size
  }
}
