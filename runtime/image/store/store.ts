/**
 * The images and layers of this machine: <root>/images.json, <root>/blobs, <root>/layers. Only one daemon may use them.
 */
import { mkdirSync } from 'node:fs';
import { badParameter, notFound } from '../../errors/api-error.ts';
import { BlobStore } from './blobs.ts';
import { readConfig } from '../manifest/config.ts';
import { chainIDs, sha256 } from '../manifest/digest.ts';
import type { Image, Layer } from '../manifest/image.ts';
import {
  imageListPath,
  namesById,
  readImageList,
  writeImageList,
  type ImageList,
  type ImageRecord,
} from './image-list.ts';
import { LayerStore, type SetAside } from './layers.ts';
import type { Whiteouts } from '../layer/layer-writer.ts';
import { Leases, type Lease } from './lease.ts';
import type { PracticeServer } from '../practice/practice-server.ts';
import { canonicalName, checkTag, familiarName, isTag, normalize, parseReference } from '../manifest/reference.ts';
import { removeImage, type ImageUser, type Removed } from './removal.ts';

/** In bytes. A config of 499 layers with its history is smaller. */
const CONFIG_MOST = 4 << 20;

export interface ImageStoreOptions {
  /** the daemon's data root; made when absent */
  root: string;
  /** A container that uses this image; a running one is preferred. */
  inUse?: (imageId: string) => ImageUser | undefined;
  /** startRegistry of server/registry; without it there is no practice registry */
  startRegistry?: PracticeServer;
  /** absent: overlayfs's form */
  whiteouts?: Whiteouts;
  /** Moves an unreadable file aside and reports it; without it a damaged list is an error. */
  setAside?: SetAside;
}
export interface NewImage {
  config: Buffer;
  /** the manifest's bytes, if the image came with one */
  manifest?: Buffer;
  blobs?: ImageRecord['blobs'];
  /** the canonical names that the image gets now, tags and digests */
  names: string[];
  practice?: boolean;
  /** what is new takes the place of blobs and manifest that the image has already */
  replaces?: boolean;
}

type RecordedFiles = Pick<ImageRecord, 'manifest' | 'blobs' | 'practice'>;
const whatItHas = ({ manifest, blobs, practice }: ImageRecord): RecordedFiles => ({
  ...(manifest && { manifest }),
  blobs,
  practice,
});

export class ImageStore {
  readonly root: string;
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly leases = new Leases();
  /** docker.io counts as unreachable until this time (ms since 1970); this saves the next run the three seconds */
  unreachableUntil = 0;
  readonly #list: ImageList;
  readonly #images = new Map<string, Image>();
  /** images that only stopped containers use: ImageRecord.removed */
  readonly #kept = new Map<string, Image>();

  constructor(readonly options: ImageStoreOptions) {
    this.root = options.root;
    mkdirSync(this.root, { recursive: true, mode: 0o711 });
    this.blobs = new BlobStore(this.root);
    this.layers = new LayerStore(this.root, options.setAside, options.whiteouts);
    this.#list = this.#readList();
    this.#openAll();
    for (const [name, id] of this.#list.names) if (!this.#images.has(id)) this.#list.names.delete(name);
    // remove what an interrupted pull left behind; after a failure the next collection tries again
    void this.collect().catch(() => undefined);
  }

  #readList(): ImageList {
    try {
      return readImageList(this.root);
    } catch (error) {
      if (!this.options.setAside) throw error;
      this.options.setAside(imageListPath(this.root), (error as Error).message);
      return this.#recovered();
    }
  }

  /**
   * A list made from the configs among the blobs, after the file was lost. The names are lost, but the images of
   * containers are kept.
   */
  #recovered(): ImageList {
    const records = this.blobs
      .digests(CONFIG_MOST)
      .map((id) => ({ id, blobs: [], practice: false, added: Date.now() }));
    const list: ImageList = { images: new Map(), names: new Map() };
    for (const record of records) if (this.#attempt(record)) list.images.set(record.id, record);
    return list;
  }

  #attempt(record: ImageRecord): Image | undefined {
    try {
      return this.#read(record);
    } catch {
      return undefined; // a damaged blob, or one that is a manifest or a layer and not a config
    }
  }

  /** Drops an image whose files are incomplete. It will be pulled again. */
  #open(record: ImageRecord, names: readonly string[], known?: Image): void {
    const image = known ?? (this.blobs.has(record.id) ? this.#attempt(record) : undefined);
    if (!image) return void this.#list.images.delete(record.id);
    const familiar = (wanted: boolean) =>
      names
        .filter((name) => name.includes('@') === wanted)
        .map((name) => familiarName(parseReference(name)))
        .sort();
    const { practice } = record;
    const named = { ...image, practice, tags: familiar(false), digests: familiar(true) };
    (record.removed ? this.#kept : this.#images).set(record.id, named);
  }

  #read(record: ImageRecord): Image | undefined {
    const bytes = this.blobs.read(record.id);
    if (sha256(bytes) !== record.id) return undefined;
    const config = readConfig(bytes);
    const layers = chainIDs(config.rootfs.diff_ids).map((chainID) => this.layers.get(chainID));
    if (!layers.every((layer): layer is Layer => layer !== undefined)) return undefined;
    return {
      id: record.id,
      config,
      layers,
      tags: [],
      digests: [],
      size: layers.reduce((sum, { size }) => sum + size, 0),
      practice: record.practice,
    };
  }

  /** Finds an image by name, name:tag, name@digest, id or id prefix; undefined when there is none. */
  find(reference: string): Image | undefined {
    const whole = /^(?:sha256:)?([a-f0-9]{64})$/.exec(reference);
    if (whole) return this.#images.get(`sha256:${whole[1]}`);
    return this.#byName(reference) ?? this.#byPrefix(reference);
  }
  /** Finds an image by its whole id, also one that was removed while stopped containers used it. */
  ofContainer(id: string): Image | undefined {
    return this.find(id) ?? this.#kept.get(id);
  }
  #byName(reference: string): Image | undefined {
    try {
      return this.#images.get(this.#list.names.get(canonicalName(normalize(reference))) ?? '');
    } catch {
      return undefined;
    }
  }
  #byPrefix(reference: string): Image | undefined {
    const prefix = /^(?:sha256:)?([a-f0-9]{1,63})$/.exec(reference)?.[1];
    const found = prefix ? [...this.#images.values()].filter(({ id }) => id.startsWith(`sha256:${prefix}`)) : [];
    return found.length === 1 ? found[0] : undefined;
  }

  /** The images, the newest first. */
  list(): Image[] {
    const added = (image: Image) => this.#list.images.get(image.id)?.added ?? 0;
    return [...this.#images.values()].sort((a, b) => added(b) - added(a));
  }
  record(id: string): ImageRecord | undefined {
    return this.#list.images.get(id);
  }
  names(): ReadonlyMap<string, string> {
    return this.#list.names;
  }

  /** Adds an image whose layers are stored, and moves the names to it. Throws ApiError for a damaged config. */
  commit(image: NewImage): Image {
    return this.commitAll([image])[0]!;
  }

  /** Adds all or none of them. */
  commitAll(images: readonly NewImage[]): Image[] {
    const before: ImageList = { images: new Map(this.#list.images), names: new Map(this.#list.names) };
    try {
      const ids = images.map((image) => this.#add(image));
      this.#save();
      const found = ids.map((id) => {
        const image = this.#images.get(id);
        if (!image) throw new Error(`image ${id} was committed before its layers`);
        return image;
      });
      // in the background; after a failure the layers stay marked as not yet on the disk
      void this.layers.sync().catch(() => undefined);
      return found;
    } catch (error) {
      this.#replaceList(before);
      throw error;
    }
  }

  #add(image: NewImage): string {
    const { diff_ids } = readConfig(image.config).rootfs;
    const id = this.blobs.put(image.config);
    const old = this.#list.images.get(id);
    this.#list.images.set(id, {
      id,
      ...(old && !image.replaces && this.#complete(old, diff_ids.length)
        ? whatItHas(old)
        : this.#whatComes(image, old)),
      added: old?.added ?? Date.now(),
    });
    for (const name of image.names) this.#list.names.set(name, id);
    return id;
  }
  /** Only the config decides the id, so an archive may bring other blobs with a known config. */
  #complete({ blobs }: ImageRecord, layers: number): boolean {
    return blobs.length === layers && blobs.every(({ digest }) => this.blobs.has(digest));
  }
  #whatComes({ manifest, blobs = [], practice = false }: NewImage, old?: ImageRecord): RecordedFiles {
    const kept = manifest ? this.blobs.put(manifest) : old?.manifest;
    return { ...(kept && { manifest: kept }), blobs: blobs.length ? blobs : (old?.blobs ?? []), practice };
  }

  #replaceList({ images, names }: ImageList): void {
    this.#list.images.clear();
    this.#list.names.clear();
    for (const [id, record] of images) this.#list.images.set(id, record);
    for (const [name, id] of names) this.#list.names.set(name, id);
    this.#openAll();
  }

  /** Adds a name to the image that `reference` finds. Throws ApiError 404, 400. */
  tag(reference: string, repository: string, tag = ''): void {
    const image = this.find(reference);
    if (!image) throw notFound(`No such image: ${reference}`);
    if (tag && !isTag(tag)) throw badParameter(`invalid tag format: ${JSON.stringify(tag)}`);
    const target = normalize(tag ? `${repository}:${tag}` : repository);
    checkTag(target);
    this.#list.names.set(canonicalName(target), image.id);
    this.#save();
  }

  /** Removes an image or a name (docker rmi). Throws ApiError 404, and 409 in docker's words. */
  async remove(reference: string, options: { force?: boolean } = {}): Promise<Removed[]> {
    const image = this.find(reference);
    if (!image) throw notFound(`No such image: ${reference}`);
    const removed = removeImage(this.#list, image, reference, {
      force: options.force ?? false,
      user: this.options.inUse?.(image.id),
    });
    this.#save();
    const layers = this.#list.images.has(image.id) ? [] : await this.collect();
    return [...removed, ...layers.map((Deleted) => ({ Deleted }))];
  }

  /** Drops removed images whose last container is gone. Called after a container was removed. */
  async forgetUnused(): Promise<void> {
    const unused = [...this.#list.images.values()].filter(({ id, removed }) => removed && !this.options.inUse?.(id));
    if (!unused.length) return;
    for (const { id } of unused) this.#list.images.delete(id);
    this.#save();
    await this.collect();
  }

  #save(): void {
    writeImageList(this.root, this.#list);
    this.#openAll();
  }

  /**
   * Only new images are read. What an id stands for never changes, and a file that cannot be read for a moment, as
   * without a free descriptor, must not cost an image.
   */
  #openAll(): void {
    const known = new Map([...this.#images, ...this.#kept]);
    const names = namesById(this.#list);
    this.#images.clear();
    this.#kept.clear();
    for (const record of [...this.#list.images.values()])
      this.#open(record, names.get(record.id) ?? [], known.get(record.id));
  }

  lease(): Lease {
    return this.leases.open();
  }

  /** Removes blobs and layers that no image and no running pull needs. Returns the chainIDs of the layers. */
  async collect(): Promise<string[]> {
    const images = [...this.#images.values(), ...this.#kept.values()];
    const records = [...this.#list.images.values()];
    const blobs = new Set(
      records.flatMap(({ id, manifest, blobs: own }) => [id, manifest ?? id, ...own.map(({ digest }) => digest)]),
    );
    const layers = new Set(images.flatMap((image) => image.layers.map(({ chainID }) => chainID)));
    // both choose at once, so that nothing that arrives during the removal is removed
    const removed = this.blobs.collect((digest) => blobs.has(digest) || this.leases.has(digest));
    const layersGone = this.layers.collect((chainID) => layers.has(chainID) || this.leases.has(chainID));
    const [, gone] = await Promise.all([removed, layersGone]);
    return gone;
  }
}
