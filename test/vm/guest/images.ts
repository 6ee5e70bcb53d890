/**
 * Two images made of this machine's busybox and pushed to our own registry: a small one, and one with the maximum
 * number of layers.
 */
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../../runtime/image/manifest/media-types.ts';
import { startRegistry } from '../../../server/registry/registry.ts';
import { archive, digestOf, type Made } from '../../image/tarball.ts';

/** Docker's builder refuses more than 127. */
export const MOST_LAYERS = 127;

const applets = () =>
  execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((name) => name !== 'busybox');
const base = (): Made[] => [
  { name: 'bin/', type: '5' },
  { name: 'etc/', type: '5' },
  { name: 'tmp/', type: '5', mode: 0o1777 },
  { name: 'layers/', type: '5' },
  { name: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
  ...applets().map((name) => ({ name: `bin/${name}`, type: '2', linkname: 'busybox' })),
  { name: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
  { name: 'etc/top', content: '1\n' },
];
const above = (j: number): Made[] => [
  { name: `layers/${j}`, content: `${j}\n` },
  { name: 'etc/top', content: `${j}\n` },
];

async function put(url: string, method: 'POST' | 'PUT', body: Buffer, type: string): Promise<void> {
  const response = await fetch(url, { method, body, headers: { 'Content-Type': type } });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
}

async function push(registry: string, name: string, tars: Buffer[]): Promise<void> {
  const repository = `${registry}/v2/library/${name}`;
  const blob = async (bytes: Buffer, mediaType: string) => {
    await put(`${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, 'POST', bytes, 'application/octet-stream');
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const document = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
    config: { Cmd: ['sh'], Env: ['PATH=/bin'] },
  };
  const config = await blob(Buffer.from(JSON.stringify(document)), OCI_CONFIG);
  const layers = [];
  for (const tar of tars) layers.push(await blob(gzipSync(tar, { level: 1 }), `${OCI_LAYER}+gzip`));
  await put(
    `${repository}/manifests/latest`,
    'PUT',
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers })),
    OCI_MANIFEST,
  );
}

/** Returns the registry's URL. It runs as long as this process. */
export async function serveImages(withDeep: boolean): Promise<string> {
  const { url } = await startRegistry({ root: '/tmp/registry', port: 0 });
  const bottom = archive(...base());
  await push(url, 'tiny', [bottom, archive(...above(2))]);
  if (withDeep)
    await push(url, 'deep', [bottom, ...Array.from({ length: MOST_LAYERS - 1 }, (_, j) => archive(...above(j + 2)))]);
  return url;
}
