/*
 * java.util.TreeSet as far as `describe()` needs it: Kafka Streams keeps the neighbours of a node in
 * a TreeSet while the numbers that it compares by still change. What order comes out then depends on
 * the shape of the red-black tree, so the tree is built here as Java builds it.
 */

interface TreeNode<T> {
  readonly item: T
  left: TreeNode<T> | undefined
  right: TreeNode<T> | undefined
  parent: TreeNode<T> | undefined
  isRed: boolean
}

type Link<T> = TreeNode<T> | undefined

export class JavaTreeSet<T> {
  readonly #compare: (a: T, b: T) => number
  #root: Link<T>

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  /** Ignored when an equal item is found on the way. */
  add(item: T): void {
    let parent: Link<T>
    let order = 0
    for (let at = this.#root; at !== undefined; at = order < 0 ? at.left : at.right) {
      parent = at
      order = this.#compare(item, at.item)
      if (order === 0) return
    }
    const node: TreeNode<T> = { item, left: undefined, right: undefined, parent, isRed: true }
    if (parent === undefined) this.#root = node
    else if (order < 0) parent.left = node
    else parent.right = node
    this.#balance(node)
  }

  /** In tree order. */
  items(): readonly T[] {
    const found: T[] = []
    const visit = (node: Link<T>): void => {
      if (node === undefined) return
      visit(node.left)
      found.push(node.item)
      visit(node.right)
    }
    visit(this.#root)
    return found
  }

  /** `TreeMap.fixAfterInsertion`. */
  #balance(inserted: TreeNode<T>): void {
    let node = inserted
    while (node.parent?.isRed === true) {
      const parent: TreeNode<T> = node.parent
      const grand = parent.parent
      if (grand === undefined) break
      const isLeft = grand.left === parent
      const uncle = isLeft ? grand.right : grand.left
      if (uncle?.isRed === true) {
        parent.isRed = false
        uncle.isRed = false
        grand.isRed = true
        node = grand
      } else {
        node = this.#straighten(node, parent, isLeft)
        const above = node.parent
        if (above !== undefined) above.isRed = false
        grand.isRed = true
        this.#rotate(grand, isLeft ? 'right' : 'left')
      }
    }
    if (this.#root !== undefined) this.#root.isRed = false
  }

  /** Brings an inner grandchild to the outside; returns the node that is then the lower one. */
  #straighten(node: TreeNode<T>, parent: TreeNode<T>, isLeft: boolean): TreeNode<T> {
    const isInner = isLeft ? parent.right === node : parent.left === node
    if (!isInner) return node
    this.#rotate(parent, isLeft ? 'left' : 'right')
    return parent
  }

  #rotate(node: TreeNode<T>, to: 'left' | 'right'): void {
    const from = to === 'left' ? 'right' : 'left'
    const child = node[from]
    if (child === undefined) return
    const inner = child[to]
    node[from] = inner
    if (inner !== undefined) inner.parent = node
    child.parent = node.parent
    if (node.parent === undefined) this.#root = child
    else if (node.parent.left === node) node.parent.left = child
    else node.parent.right = child
    child[to] = node
    node.parent = child
  }
}
