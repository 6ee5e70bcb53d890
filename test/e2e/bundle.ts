/** Bundles of the OCI runtime specification: made by hand, or by `runc spec`; with busybox as their only program. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Spec } from '../../runtime/oci/spec.ts';
import type { Daemon } from './daemon.ts';

const PROGRAMS = [
  'sh',
  'sleep',
  'true',
  'id',
  'env',
  'pwd',
  'cat',
  'hostname',
  'ls',
  'touch',
  'stat',
  'grep',
  'readlink',
];

/** A config.json as far as a test changes it. */
export type Config = Omit<Partial<Spec>, 'process' | 'linux'> & {
  process: Spec['process'];
  linux: Spec['linux'];
};

/** The files of a root: busybox, and empty directories for what is mounted. */
export function makeRoot(root: string): void {
  for (const dir of ['bin', 'etc', 'proc', 'dev', 'sys', 'tmp', 'home'])
    mkdirSync(join(root, dir), { recursive: true, mode: 0o755 });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  for (const name of PROGRAMS) symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nme:x:1000:1000:me:/home:/bin/sh\n');
}

/** The least that a bundle needs. */
const byHand = () =>
  ({
    ociVersion: '1.0.2',
    process: { args: ['/bin/sh', '-c', 'true'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } },
    root: { path: 'rootfs' },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
    ],
    linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'network' }, { type: 'uts' }, { type: 'ipc' }] },
  }) as unknown as Config;

/** What `runc spec` writes, without a terminal. */
export function byRunc(): Config {
  const dir = mkdtempSync('/tmp/ddtest-spec-');
  execFileSync('runc', ['spec'], { cwd: dir });
  const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as Config;
  config.process.terminal = false;
  return config;
}

/** Makes a bundle in a new directory and returns its path. */
export function makeBundle(change: (config: Config) => void = () => undefined, config: Config = byHand()): string {
  const dir = mkdtempSync('/tmp/ddtest-bundle-');
  makeRoot(join(dir, 'rootfs'));
  change(config);
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  return dir;
}

/** Makes a container from the bundle, and returns its id. */
export async function createFrom(d: Daemon, bundle: string, more: object = {}): Promise<string> {
  const { status, body } = await d.api('POST', '/drydock/containers', { bundle, ...more });
  assert.is(status, 201, body);
  return (JSON.parse(body) as { Id: string }).Id;
}
/** Starts the container, waits for its end, and returns its output and its exit code. */
export async function ranToEnd(d: Daemon, id: string): Promise<{ out: string; code: number }> {
  await d.ok('start', id);
  const code = Number(await d.ok('wait', id));
  return { out: await d.ok('logs', id), code };
}
