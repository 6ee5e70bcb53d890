/** An image of busybox and the test's own entries, pulled by the daemon from a registry in the test. */
import { readFileSync } from 'node:fs';
import { faultyRegistry } from '../image/faulty-registry.ts';
import { archive, type Made } from '../image/tarball.ts';
import { brokenImage } from './broken-image.ts';
import type { Daemon } from './daemon.ts';

const applets = [
  'sh',
  'sleep',
  'true',
  'cat',
  'chmod',
  'ls',
  'mount',
  'readlink',
  'stat',
  'pwd',
  'mv',
  'ln',
  'rm',
  'mkdir',
  'touch',
  'grep',
  'id',
  'tty',
  'echo',
  'test',
];

/** A later entry with the same name replaces an earlier one. */
const base = (): Made[] => [
  { name: 'bin/', type: '5' },
  { name: 'etc/', type: '5' },
  { name: 'tmp/', type: '5', mode: 0o1777 },
  { name: 'vol/', type: '5' },
  { name: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
  ...applets.map((name): Made => ({ name: `bin/${name}`, type: '2', linkname: 'busybox' })),
  { name: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n' },
];

export const link = (name: string, linkname: string): Made => ({ name, type: '2', linkname });

/** Returns the image's reference. */
export async function pullMade(
  daemon: Daemon,
  name: string,
  entries: readonly Made[] = [],
  config: object = {},
): Promise<string> {
  const registry = await faultyRegistry(brokenImage({ tar: archive(...base(), ...entries), config }));
  try {
    await daemon.ok('pull', '-q', `${registry.host}/${name}`);
    await daemon.ok('tag', `${registry.host}/${name}`, name);
    return name;
  } finally {
    await registry.close();
  }
}
