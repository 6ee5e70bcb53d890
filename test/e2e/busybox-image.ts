/** A small image of busybox and a test's own files, pulled from a registry that exists only during the pull. */
import { readFileSync } from 'node:fs';
import { faultyRegistry } from '../image/faulty-registry.ts';
import { archive, type Made } from '../image/tarball.ts';
import { brokenImage } from './broken-image.ts';
import type { Daemon } from './daemon.ts';

const APPLETS =
  `sh sleep true false id cat echo ls mkdir mount umount touch chmod chown rm ln stat readlink grep wc tr head tail sed test env pwd
  seq printf ps kill sha256sum dd od cp mv df hostname nslookup ip awk`
    .trim()
    .split(/\s+/);

export interface BusyboxImage {
  entries?: readonly Made[];
  config?: object;
}

/** Returns the image's reference. An entry replaces the default entry of the same name. */
export async function busyboxImage(
  daemon: Daemon,
  name: string,
  { entries = [], config }: BusyboxImage = {},
): Promise<string> {
  const base: Made[] = [
    { name: 'bin/', type: '5' },
    { name: 'etc/', type: '5' },
    { name: 'tmp/', type: '5', mode: 0o1777 },
    { name: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
    ...APPLETS.map((applet): Made => ({ name: `bin/${applet}`, type: '2', linkname: 'busybox' })),
    { name: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
    { name: 'etc/group', content: 'root:x:0:\n' },
  ];
  const tar = archive(...base.filter((made) => !entries.some((entry) => entry.name === made.name)), ...entries);
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const registry = await faultyRegistry(brokenImage({ tar, config: { Env: [path], ...config } }));
  try {
    const reference = `${registry.host}/made/${name}`;
    await daemon.ok('pull', '-q', reference);
    return reference;
  } finally {
    await registry.close();
  }
}
