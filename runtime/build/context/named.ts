/** Contexts with names: `--build-context src=../src`, `--build-context alpine=docker-image://alpine:3.20`. */
import { join } from 'node:path';
import { familiarName, normalize } from '../../image/manifest/reference.ts';
import type { Kernel } from '../../kernel/kernel.ts';

/** An image, a git repository, or a directory of the client whose archive is written into a socket. */
export type NamedContext = { image: string } | { repository: string } | { pass(fd: number): Promise<void> };

/** Clients write the names as short as they can: 'alpine' for 'docker.io/library/alpine:latest'. */
function familiar(name: string): string {
  try {
    return familiarName(normalize(name)).replace(/:latest$/, '');
  } catch {
    return name;
  }
}

export class NamedContexts {
  readonly #directories = new Map<string, Promise<string>>();

  constructor(
    private readonly given: ReadonlyMap<string, NamedContext>,
    /** of the build */
    private readonly dir: string,
    /** unpacks what `pass` writes */
    private readonly unpack: (k: Kernel, dir: string, pass: (fd: number) => Promise<void>) => Promise<unknown>,
    private readonly checkOut: (k: Kernel, repository: string, dir: string) => Promise<unknown>,
  ) {}

  #of(name: string): NamedContext | undefined {
    if (!this.given.size) return undefined;
    return this.given.get(name) ?? this.given.get(familiar(name));
  }

  has = (name: string): boolean => this.#of(name) !== undefined;

  /** The reference of the image that is meant. */
  image(name: string): string | undefined {
    const found = this.#of(name);
    return found && 'image' in found ? found.image : undefined;
  }

  /** A directory with the files, which are received once. */
  directory(k: Kernel, name: string): Promise<string> | undefined {
    const found = this.#of(name);
    if (!found || 'image' in found) return undefined;
    const known = this.#directories.get(name);
    if (known) return known;
    const dir = join(this.dir, `named-${this.#directories.size}`);
    const made = 'repository' in found ? this.checkOut(k, found.repository, dir) : this.unpack(k, dir, found.pass);
    const received = made.then(() => dir);
    received.catch(() => undefined);
    this.#directories.set(name, received);
    return received;
  }
}
