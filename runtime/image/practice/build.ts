/**
 * The job that builds the practice images, in the directory format of server/registry/storage.ts:
 *
 *   registry/blobs/sha256/<hex>   registry/repositories/<name>/_manifests/<hex>   …/_blobs/<hex>   …/_tags/<tag>
 *
 * The same host files give the same bytes. A stamp of these files shows whether a new build is needed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { hexOf, sha256 } from '../manifest/digest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../manifest/media-types.ts';
import { hostPlatform } from '../manifest/platform.ts';
import { helloLayers, ubuntuLayers, type PracticeLayer } from './layers.ts';
import type { Tree } from './tree.ts';

/** Increase this when the build changes. */
const VERSION = 1;
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Recipe {
  name: string;
  layers: PracticeLayer[];
  config: { Env: string[]; Cmd: string[] };
}

function stampOf(recipes: readonly Recipe[]): string {
  const hash = createHash('sha256').update(`practice ${VERSION}\n`);
  for (const { name, layers } of recipes) {
    for (const [j, { tree }] of layers.entries()) {
      for (const [path, node] of tree.nodes) {
        hash.update(
          JSON.stringify([name, j, path, node.type, node.mode, node.mtime, node.type === 'symlink' ? node.target : '']),
        );
        if (node.type === 'file') hash.update(node.content);
      }
    }
  }
  return hash.digest('hex');
}

async function tarOf(tree: Tree): Promise<Buffer> {
  const archive = pack();
  for (const [name, node] of tree.nodes) {
    const header = { name, mode: node.mode, mtime: new Date(node.mtime * 1000), uid: 0, gid: 0 };
    if (node.type === 'file') archive.entry({ ...header, type: 'file', size: node.content.length }, node.content);
    else if (node.type === 'symlink') archive.entry({ ...header, type: 'symlink', linkname: node.target });
    else archive.entry({ ...header, name: `${name}/`, type: 'directory' });
  }
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

class Repository {
  readonly #dir: string;
  constructor(
    private readonly root: string,
    name: string,
  ) {
    this.#dir = join(root, 'repositories', name);
    for (const dir of ['_blobs', '_manifests', '_tags']) mkdirSync(join(this.#dir, dir), { recursive: true });
    mkdirSync(join(root, 'blobs/sha256'), { recursive: true });
  }
  #write(bytes: Buffer): string {
    const digest = sha256(bytes);
    writeFileSync(join(this.root, 'blobs/sha256', hexOf(digest)), bytes);
    return digest;
  }
  blob(bytes: Buffer, mediaType: string) {
    const digest = this.#write(bytes);
    writeFileSync(join(this.#dir, '_blobs', hexOf(digest)), '');
    return { mediaType, digest, size: bytes.length };
  }
  manifest(document: object, mediaType: string) {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = this.#write(bytes);
    writeFileSync(join(this.#dir, '_manifests', hexOf(digest)), mediaType);
    return { mediaType, digest, size: bytes.length };
  }
  tag(tag: string, digest: string): void {
    writeFileSync(join(this.#dir, '_tags', tag), digest);
  }
}

async function buildImage(root: string, { name, layers, config }: Recipe): Promise<void> {
  const repository = new Repository(root, name);
  const newest = Math.max(...layers.flatMap(({ tree }) => [...tree.nodes.values()].map(({ mtime }) => mtime)));
  const created = new Date(newest * 1000).toISOString();
  const labels = {
    'org.opencontainers.image.title': `${name} (practice)`,
    'org.opencontainers.image.description':
      "put together by drydock from the host's own files, because no registry could be reached",
    'org.opencontainers.image.version': 'practice',
    'org.opencontainers.image.created': created,
    'io.drydock.practice': 'true',
  };
  const made = [];
  for (const { tree, why } of layers) {
    const tar = await tarOf(tree);
    made.push({
      diffID: sha256(tar),
      why,
      descriptor: repository.blob(gzipSync(tar, { level: 1 }), `${OCI_LAYER}+gzip`),
    });
  }
  const { os, architecture } = hostPlatform();
  const document = {
    created,
    author: 'drydock',
    architecture,
    os,
    config: { ...config, Labels: labels },
    rootfs: { type: 'layers', diff_ids: made.map(({ diffID }) => diffID) },
    history: made.map(({ why }) => ({ created, created_by: `drydock practice: ${why}` })),
  };
  const manifest = repository.manifest(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: repository.blob(Buffer.from(JSON.stringify(document)), OCI_CONFIG),
      layers: made.map(({ descriptor }) => descriptor),
      annotations: labels,
    },
    OCI_MANIFEST,
  );
  const index = repository.manifest(
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...manifest, platform: { os, architecture } }] },
    OCI_INDEX,
  );
  repository.tag('latest', index.digest);
}

function recipes(): Recipe[] {
  const hello = helloLayers();
  return [
    { name: 'library/ubuntu', layers: ubuntuLayers(), config: { Env: [PATH], Cmd: ['/bin/bash'] } },
    ...(hello ? [{ name: 'library/hello-world', layers: hello, config: { Env: [PATH], Cmd: ['/hello'] } }] : []),
  ];
}

/** Builds <root>/registry unless it is up to date. Throws the errors of reading the host's files. */
export async function buildPractice({ root }: { root: string }): Promise<void> {
  const all = recipes();
  const stamp = stampOf(all);
  const stampFile = join(root, 'registry', 'stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const dir = join(root, 'registry.tmp');
  mkdirSync(root, { recursive: true, mode: 0o700 });
  rmSync(dir, { recursive: true, force: true });
  for (const recipe of all) await buildImage(dir, recipe);
  writeFileSync(join(dir, 'stamp'), stamp);
  rmSync(join(root, 'registry'), { recursive: true, force: true });
  renameSync(dir, join(root, 'registry'));
}
