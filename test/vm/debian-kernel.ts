/** Debian's cloud kernel: downloaded and unpacked into a cache once, never installed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../harness.ts';
import { fetchedOnce, outside } from '../outside.ts';

export interface DebianKernel {
  image: string;
  release: string;
  modules: string;
}
export const kernelPackage = 'linux-image-cloud-amd64';

/** The versioned package that the metapackage depends on. Throws if apt does not know it. */
function packageName(): string {
  const found = /Depends: (linux-image-\S+)/.exec(sh('apt-cache', 'depends', kernelPackage))?.[1];
  if (!found) throw new Error(`apt-cache knows no ${kernelPackage}: run apt-get update`);
  return found;
}

/** Throws if it is neither in the cache nor available from apt's mirror. */
export async function debianKernel(): Promise<DebianKernel> {
  const name = packageName();
  const cache = await fetchedOnce(
    name,
    (dir) =>
      void outside(
        'sh',
        '-c',
        'cd "$1" && apt-get -qq -o APT::Sandbox::User=root download "$2" && dpkg-deb -x ./*.deb . && rm ./*.deb',
        'sh',
        dir,
        name,
      ),
  );
  const release = name.replace('linux-image-', '');
  return {
    release,
    image: join(cache, 'boot', `vmlinuz-${release}`),
    modules: join(cache, 'lib/modules', release, 'kernel'),
  };
}

/** '…/net/bridge/br_netfilter.ko' → 'br_netfilter'; depends= and modprobe(8) write a dash as an underscore */
const moduleName = (path: string) =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.ko$/, '')
    .replaceAll('-', '_');

/**
 * The files of these modules and their dependencies, in an order that insmod(8) accepts. Built-in modules are left out.
 */
export function inOrder({ modules }: DebianKernel, wanted: readonly string[]): string[] {
  const files = new Map(
    readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.ko'))
      .map((f) => [moduleName(f), join(modules, f)]),
  );
  const order = new Set<string>();
  const add = (name: string) => {
    const path = files.get(name);
    if (!path || order.has(path)) return;
    // .modinfo holds NUL-terminated strings key=value, as modinfo(8) prints them.
    const depends = /\0depends=([^\0]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? '';
    depends
      .split(',')
      .filter(Boolean)
      .forEach((other) => add(other.replaceAll('-', '_')));
    order.add(path);
  };
  wanted.forEach(add);
  return [...order];
}
