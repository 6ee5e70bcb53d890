/** Finds the libraries that a program needs, as the dynamic loader does: ld.so(8), ldconfig(8). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readElf, type Elf } from './elf.ts';

const DEFAULTS = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .flatMap((triplet) => [`/lib/${triplet}`, `/usr/lib/${triplet}`])
  .concat('/lib64', '/usr/lib64', '/lib', '/usr/lib');

/** The directories of /etc/ld.so.conf. `include` takes a pattern with one star in the last component. */
function configured(path = '/etc/ld.so.conf', depth = 0): string[] {
  if (depth > 4 || !existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)
    .flatMap((line) => {
      const pattern = /^include\s+(.*)$/.exec(line)?.[1];
      if (!pattern) return [line];
      const dir = dirname(join(dirname(path), pattern.startsWith('/') ? '/' : '.', pattern));
      const folder = pattern.startsWith('/') ? dirname(pattern) : dir;
      if (!existsSync(folder)) return [];
      return readdirSync(folder)
        .filter((name) => name.endsWith('.conf'))
        .sort()
        .flatMap((name) => configured(join(folder, name), depth + 1));
    });
}

export class Libraries {
  readonly #dirs = [...new Set([...configured(), ...DEFAULTS])];
  readonly #read = new Map<string, Elf | undefined>();

  #elf(path: string): Elf | undefined {
    if (!this.#read.has(path)) this.#read.set(path, readElf(readFileSync(path)));
    return this.#read.get(path);
  }

  #find(name: string, wanted: Elf, from: string): string | undefined {
    if (name.includes('/')) return existsSync(name) ? name : undefined;
    const own = wanted.runpath.map((dir) => dir.replace(/\$\{?ORIGIN\}?/g, dirname(from)));
    return [...own, ...this.#dirs]
      .map((dir) => join(dir, name))
      .find((path) => existsSync(path) && this.#elf(path)?.machine === wanted.machine);
  }

  /**
   * Absolute paths of the loader and of all libraries of `path`, direct and indirect. Undefined when one is missing,
   * because the program would not run.
   */
  of(path: string): string[] | undefined {
    const found = new Set<string>();
    const todo = [path];
    for (let one = todo.pop(); one !== undefined; one = todo.pop()) {
      const elf = this.#elf(one);
      if (!elf) continue;
      const next = elf.needed.map((name) => this.#find(name, elf, one!));
      if (next.includes(undefined)) return undefined;
      for (const library of [...next, elf.interpreter]) {
        if (!library || found.has(library)) continue;
        found.add(library);
        todo.push(library);
      }
    }
    return [...found].sort();
  }
}
