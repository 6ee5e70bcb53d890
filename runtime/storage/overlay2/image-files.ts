/**
 * What each layer of an image adds, changes and hides, and how many bytes of lower layers nothing can read any more. In
 * a worker's thread: the image decides how many files there are. The layers are walked from the lowest on, and the tree
 * that is visible so far is kept.
 */
import { walkTree, DT, type Directory, type Found } from '../../kernel/tree/walk.ts';
import { fileStat } from '../../kernel/tree/file-stat.ts';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import { isOpaqueDirectory, isWhiteoutDevice } from '../tree/merged.ts';

export type FileChange = 'added' | 'changed' | 'hidden';
export interface LayerFiles {
  added: number;
  changed: number;
  /** files of lower layers that are not visible any more */
  hidden: number;
  /** bytes of the files that came, and of those in lower layers that became invisible */
  bytes: number;
  wasted: number;
  /** the largest, those that came and those that are hidden */
  largest: { path: string; change: FileChange; size: number }[];
}
export interface ImageFiles {
  /** the lowest layer first */
  layers: LayerFiles[];
  /** there are more files than are looked at */
  cut: boolean;
}

/** Each takes about 200 bytes while the worker counts. */
const FILES_MOST = 400_000;
const LARGEST = 12;
const PATH_MOST = 200;

/** A visible file or directory. */
interface Node {
  size: number;
  children?: Map<string, Node>;
}

class LayerCount implements LayerFiles {
  added = 0;
  changed = 0;
  hidden = 0;
  bytes = 0;
  wasted = 0;
  largest: LayerFiles['largest'] = [];

  note(path: string, change: FileChange, size: number): void {
    this.largest.push({ path, change, size });
    if (this.largest.length > 20 * LARGEST) this.shorten();
  }
  shorten(): void {
    this.largest = this.largest
      .sort((one, other) => other.size - one.size)
      .slice(0, LARGEST)
      .map((one) => ({ ...one, path: one.path.slice(0, PATH_MOST) }));
  }
  /** Everything below a node becomes invisible. */
  hide(node: Node, path: string): void {
    const rest: [Node, string][] = [[node, path]];
    for (let next = rest.pop(); next; next = rest.pop()) {
      const [{ size, children }, at] = next;
      if (children) for (const [name, child] of children) rest.push([child, `${at}/${name}`]);
      else {
        this.hidden++;
        this.wasted += size;
        this.note(at, 'hidden', size);
      }
    }
  }
}

const directory = (): Node => ({ size: 0, children: new Map() });

class Count {
  readonly #root = directory();
  #files = 0;
  cut = false;

  async layer(dir: string): Promise<LayerFiles> {
    const count = new LayerCount();
    const nodes = new Map<Directory, Node>();
    await walkTree(dir, {
      entry: (found) => this.#entry(found, nodes.get(found.in)!, count),
      skip: () => this.cut,
      enter: (entered, name) => {
        const above = entered.parent && nodes.get(entered.parent);
        const node = above ? (above.children!.get(name.toString('latin1')) ?? directory()) : this.#root;
        nodes.set(entered, node);
        if (above && node.children!.size && isOpaqueDirectory(entered.fd)) this.#clear(node, entered.path, count);
      },
      leave: (left) => void nodes.delete(left),
    });
    count.shorten();
    const { added, changed, hidden, bytes, wasted, largest } = count;
    return { added, changed, hidden, bytes, wasted, largest };
  }

  /** overlayfs.rst, "opaque directories": nothing of the lowers is visible in it. */
  #clear(node: Node, path: string, count: LayerCount): void {
    count.hide(node, path);
    node.children = new Map();
  }

  #entry({ name, path, type, in: parent }: Found, { children }: Node, count: LayerCount): void {
    if (this.cut || !children) return;
    // bytes, because a name need not be UTF-8
    const key = name.toString('latin1');
    const before = children.get(key);
    const stat = fileStat(parent.fd, name);
    if (!stat) return;
    if (type === DT.character && isWhiteoutDevice(stat)) {
      if (before) count.hide(before, path);
      children.delete(key);
      return;
    }
    if ((stat.mode & S_IFMT) === S_IFDIR) {
      if (before?.children) return;
      if (before) count.hide(before, path);
      children.set(key, directory());
      return;
    }
    if (++this.#files > FILES_MOST) return void (this.cut = true);
    const size = (stat.mode & S_IFMT) === S_IFREG ? stat.size : 0;
    if (before?.children) count.hide(before, path);
    else if (before) count.wasted += before.size;
    const isChange = before !== undefined && !before.children;
    if (isChange) count.changed++;
    else count.added++;
    count.bytes += size;
    count.note(path, isChange ? 'changed' : 'added', size);
    children.set(key, { size });
  }
}

/** `dirs`: the layers' directories, the lowest first. */
export async function filesOfImage(dirs: readonly string[]): Promise<ImageFiles> {
  const count = new Count();
  const layers: LayerFiles[] = [];
  for (const dir of dirs) layers.push(await count.layer(dir));
  return { layers, cut: count.cut };
}
