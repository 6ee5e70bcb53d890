/**
 * Unpacked layers: one directory for each chainID, shared by all images that use it.
 *
 *   <root>/layers/<chainID hex>/diff        the tree: a lowerdir
 *   <root>/layers/<chainID hex>/layer.json  diffID, sizes, and boot until the disk has the layer
 *   <root>/l/<short> -> ../layers/<hex>/diff   so that many lower layers fit into the one page of mount(2)'s options
 *
 * Only root can enter the directories, so that users of the host cannot run set-user-ID programs of images.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { runJob } from '../../kernel/jobs.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import { syncDirectory, writeDurably } from '../../data-root/atomic-file.ts';
import { hexOf, isDigest } from '../manifest/digest.ts';
import type { Layer } from '../manifest/image.ts';
import '../jobs/jobs.ts';
import { Checked } from '../../json/checked.ts';
import { Shared } from './shared.ts';
import type { UnpackInput, UnpackResult } from '../layer/unpack.ts';
import type { Whiteouts } from '../layer/layer-writer.ts';

/** Reads a regular file only, because opening a fifo in its place would block the daemon. */
function readFile(path: string): Buffer {
  if (!lstatSync(path).isFile()) throw new Error(`${path} is no file`);
  return readFileSync(path);
}

type Described = Pick<Layer, 'chainID' | 'diffID' | 'size' | 'tarSize'>;
class Crashed extends Error {}
export type SetAside = (path: string, why: string) => void;
export interface UnpackRequest {
  blob: string;
  blobSize: number;
  diffID: string;
  chainID: string;
}
const TELL_MS = 100;
const SHORT = 26;

/** The random id of this boot of the kernel: random(4). */
const bootID = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

export class LayerStore {
  readonly #dir: string;
  readonly #links: string;
  readonly #layers = new Map<string, Layer>();
  readonly #unsynced: Layer[] = [];
  #syncing: Promise<void> = Promise.resolve();
  readonly #unpacking = new Shared<Layer, number>();

  constructor(
    root: string,
    private readonly setAside?: SetAside,
    private readonly whiteouts: Whiteouts = 'overlayfs',
  ) {
    this.#dir = join(root, 'layers');
    this.#links = join(root, 'l');
    for (const dir of [this.#dir, this.#links]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#dir)) this.#load(name);
  }

  /** Loads a layer, or removes what a daemon that died left unfinished. */
  #load(name: string): void {
    const dir = join(this.#dir, name);
    try {
      const from = Checked.parse(`${dir}/layer.json`, readFile(join(dir, 'layer.json')));
      const diffID = from.string('diffID');
      const boot = from.optional('boot');
      if (!/^[a-f0-9]{64}$/.test(name) || !isDigest(diffID)) throw new Error('not a layer');
      if (boot && boot !== bootID()) throw new Crashed('a layer that a crash may have damaged');
      const size = from.integer('size', Number.MAX_SAFE_INTEGER);
      const tarSize = from.has('tarSize') ? from.integer('tarSize', Number.MAX_SAFE_INTEGER) : undefined;
      const layer = this.#layer({ chainID: `sha256:${name}`, diffID, size, tarSize });
      this.#layers.set(layer.chainID, layer);
      if (boot) this.#unsynced.push(layer);
    } catch (error) {
      this.#clear(name, error);
    }
  }

  /** Moves a layer with a damaged description aside, because it may still be mounted. Others are removed. */
  #clear(name: string, error: unknown): void {
    const dir = join(this.#dir, name);
    const described = /^[a-f0-9]{64}$/.test(name) && lstatSync(join(dir, 'layer.json'), { throwIfNoEntry: false });
    if (described && !(error instanceof Crashed) && this.setAside) return this.setAside(dir, (error as Error).message);
    try {
      // in the background: the daemon's start does not wait for it
      void removeTree(this.#outOfSight(name)).catch(() => undefined);
    } catch (stays) {
      this.setAside?.(dir, (stays as Error).message);
    }
  }

  /**
   * Renames a directory that is to be removed, because the removal of thousands of files takes time and may be
   * interrupted.
   */
  #outOfSight(name: string): string {
    const path = join(this.#dir, `${name.slice(0, 64)}.tmp-gone-${randomUUID()}`);
    renameSync(join(this.#dir, name), path);
    return path;
  }

  #layer({ chainID, diffID, ...sizes }: Described): Layer {
    const hex = hexOf(chainID);
    const short = join(this.#links, hex.slice(0, SHORT));
    if (!lstatSync(short, { throwIfNoEntry: false })) symlinkSync(`../layers/${hex}/diff`, short);
    return { diffID, chainID, dir: join(this.#dir, hex, 'diff'), short, ...sizes };
  }

  get(chainID: string): Layer | undefined {
    return this.#layers.get(chainID);
  }
  /** Whether the layer is stored, or is being unpacked. */
  has(chainID: string): boolean {
    return this.#layers.has(chainID) || this.#unpacking.busy.includes(chainID);
  }

  /**
   * Unpacks a layer that is not stored. Several callers share one job. `tell` gets the number of compressed bytes read
   * so far. Throws what the job throws.
   */
  async unpack(k: Kernel, request: UnpackRequest, tell: (bytes: number) => void, signal?: AbortSignal): Promise<Layer> {
    return (
      this.get(request.chainID) ??
      this.#unpacking.run(request.chainID, (lasting, told) => this.#unpack(k, request, told, lasting), tell, signal)
    );
  }

  async #unpack(
    k: Kernel,
    { blob, blobSize, diffID, chainID }: UnpackRequest,
    tell: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Layer> {
    const final = join(this.#dir, hexOf(chainID));
    const dir = `${final}.tmp-${process.pid}`;
    const control = new BigInt64Array(new SharedArrayBuffer(16));
    const stop = () => void Atomics.store(control, 1, 1n);
    const timer = setInterval(() => tell(Number(Atomics.load(control, 0))), TELL_MS);
    signal.addEventListener('abort', stop);
    try {
      await removeTree(dir);
      const { whiteouts } = this;
      const input: UnpackInput = { blob, dir, diffID, whiteouts, control: control.buffer as SharedArrayBuffer };
      const { size, tarSize } = await k.job<UnpackResult>('unpack', input);
      tell(blobSize);
      if (existsSync(final)) await removeTree(this.#outOfSight(hexOf(chainID)));
      return this.#settle(dir, final, { diffID, chainID, size, tarSize });
    } catch (error) {
      await removeTree(dir);
      throw error;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  #settle(dir: string, final: string, described: Described): Layer {
    const { chainID, ...rest } = described;
    mkdirSync(join(dir, 'diff'), { recursive: true });
    writeDurably(join(dir, 'layer.json'), JSON.stringify({ ...rest, boot: bootID() }));
    renameSync(dir, final);
    syncDirectory(this.#dir);
    const layer = this.#layer(described);
    this.#layers.set(chainID, layer);
    this.#unsynced.push(layer);
    return layer;
  }

  /**
   * Waits until the disk has the unpacked layers, and records it. The caller need not wait: a layer without this record
   * is valid until the machine goes down, and is unpacked again after that.
   */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.catch(() => undefined).then(() => this.#sync());
    return this.#syncing;
  }
  async #sync(): Promise<void> {
    const layers = this.#unsynced.splice(0);
    if (!layers.length) return;
    await runJob('sync', { dir: this.#dir }).catch((error: unknown) => {
      this.#unsynced.push(...layers);
      throw error;
    });
    for (const { chainID, diffID, size, tarSize } of layers) {
      if (this.#layers.has(chainID))
        writeDurably(join(this.#dir, hexOf(chainID), 'layer.json'), JSON.stringify({ diffID, size, tarSize }));
    }
  }

  /** Removes the layers that `keep` does not want. Returns their chainIDs. */
  async collect(keep: (chainID: string) => boolean): Promise<string[]> {
    const busy = new Set(this.#unpacking.busy);
    const gone = [...this.#layers.values()].filter(({ chainID }) => !busy.has(chainID) && !keep(chainID));
    const doomed = gone.map(({ chainID, short }) => {
      this.#layers.delete(chainID);
      rmSync(short!, { force: true });
      return this.#outOfSight(hexOf(chainID));
    });
    const names = new Set([...this.#layers.values()].map(({ short }) => basename(short!)));
    for (const name of readdirSync(this.#links)) if (!names.has(name)) rmSync(join(this.#links, name), { force: true });
    for (const path of doomed) await removeTree(path);
    return gone.map(({ chainID }) => chainID);
  }
}
