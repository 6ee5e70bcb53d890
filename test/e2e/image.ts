/**
 * A Debian minbase image in three layers and a tiny one. They are made once and cached, in the storage format of
 * docker-registry.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { debianRegistry } from '../image/debian-registry.ts';
import { writeLayout } from '../image/layout.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import type { Sample } from '../image/sample.ts';
import { archive, digestOf, type Made } from '../image/tarball.ts';
import { fetchedOnce, outside } from '../outside.ts';
import { skopeo } from '../registry/skopeo.ts';

const SUITE = 'bookworm';
const VERSION = 3;

/** The upper layers change, delete and hide files of the base. */
const upper: Made[][] = [
  [
    { name: 'etc/motd', content: 'from the second layer\n' },
    { name: 'etc/layered', content: 'second\n' },
    { name: 'etc/doomed', content: 'second\n' },
    { name: 'etc/.wh.debian_version' },
    { name: 'opt/hidden/', type: '5' },
    { name: 'opt/hidden/old', content: 'old\n' },
    { name: 'usr/local/bin/not-executable', content: '#!/bin/sh\n', mode: 0o644 },
    { name: 'usr/local/bin/no-format', content: 'neither ELF nor script\n', mode: 0o755 },
  ],
  [
    { name: 'etc/layered', content: 'third\n' },
    { name: 'etc/.wh.doomed' },
    { name: 'opt/hidden/', type: '5' },
    { name: 'opt/hidden/.wh..wh..opq' },
    { name: 'opt/hidden/new', content: 'new\n' },
  ],
];

const tinyBase: Made[] = [
  { name: 'bin/', type: '5' },
  { name: 'etc/', type: '5' },
  { name: 'tmp/', type: '5', mode: 0o1777 },
  { name: 'bin/busybox', content: existsSync('/bin/busybox') ? readFileSync('/bin/busybox') : '', mode: 0o755 },
  { name: 'bin/sh', type: '2', linkname: 'busybox' },
  { name: 'bin/sleep', type: '2', linkname: 'busybox' },
  { name: 'bin/true', type: '2', linkname: 'busybox' },
  { name: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
];

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** Replaces the tag's manifest by an index of platforms, as on docker.io. */
async function putIndex(url: string, { manifest, manifests }: Sample): Promise<void> {
  const { bytes, mediaType } = manifests.get(manifest)!;
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ mediaType, digest: manifest, size: bytes.length, platform: { os: 'linux', architecture } }],
  });
  const { status } = await fetch(url, { method: 'PUT', headers: { 'Content-Type': OCI_INDEX }, body });
  if (status !== 201) throw new Error(`PUT ${url}: ${status}`);
}

function image(tars: Buffer[], Cmd: string[]): Sample {
  const blobs = new Map<string, Buffer>();
  const blob = (bytes: Buffer, mediaType: string) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const config = blob(
    Buffer.from(
      JSON.stringify({
        architecture,
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
        config: {
          Cmd,
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          Labels: { made: 'for tests' },
        },
        history: tars.map((_, j) => ({ created: '2024-01-01T00:00:00Z', created_by: `layer ${j + 1}` })),
      }),
    ),
    OCI_CONFIG,
  );
  const layers = tars.map((tar) => blob(gzipSync(tar, { level: 1 }), `${OCI_LAYER}+gzip`));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }));
  const manifest = digestOf(bytes);
  return {
    blobs,
    manifests: new Map([[manifest, { bytes, mediaType: OCI_MANIFEST }]]),
    index: '',
    manifest,
    config: config.digest,
    layers: [],
  };
}

/** Makes `images` from the tar that mmdebstrap wrote. */
async function make(
  kept: string,
  suite: string,
  flags: readonly string[],
  images: (base: Buffer) => Record<string, Sample>,
) {
  const dir = mkdtempSync(join(tmpdir(), 'drydock-e2e-making-'));
  try {
    outside('mmdebstrap', '--quiet', ...flags, suite, join(dir, 'base.tar'));
    const registry = await debianRegistry(kept);
    try {
      for (const [name, made] of Object.entries(images(readFileSync(join(dir, 'base.tar'))))) {
        writeLayout(join(dir, name), made);
        await skopeo(
          'copy',
          '--dest-tls-verify=false',
          `oci:${join(dir, name)}:latest`,
          `docker://${registry.host}/library/${name}:latest`,
        );
        await putIndex(`http://${registry.host}/v2/library/${name}/manifests/latest`, made);
      }
    } finally {
      await registry.close();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A directory with `data`, the storage of a docker-registry. The first call needs a Debian mirror. */
export const preparedImages = (): Promise<string> =>
  fetchedOnce(`images-${SUITE}-${VERSION}`, (kept) =>
    make(kept, SUITE, ['--variant=minbase'], (base) => ({
      ubuntu: image([base, ...upper.map((entries) => archive(...entries))], ['/bin/bash']),
      tiny: image([archive(...tinyBase), archive({ name: 'etc/second', content: 'second\n' })], ['/bin/sh']),
    })),
  );

/** The same with an additional image `systemd`, whose program is systemd 257. */
export const preparedSystemd = (): Promise<string> =>
  fetchedOnce('images-systemd-trixie-1', (kept) =>
    make(kept, 'trixie', ['--variant=minbase', '--include=systemd,systemd-sysv,dbus'], (base) => ({
      systemd: image([base], ['/sbin/init']),
    })),
  );
