/** The files of an image that was built, for `--output type=local` and `type=tar`. */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { passParts } from '../kernel/pass-parts.ts';
import { unpackInto } from '../build/files/unpack.ts';
import type { Image } from '../image/manifest/image.ts';
import { removeTree } from '../kernel/tree/remove-tree.ts';
import { quietKernel } from '../operation/create-run.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import type { CreateOptions } from './create-container.ts';
import type { ContainerHandle } from './engine.ts';

/** Of a container that is never started, so that a later daemon finds what an export left. */
const LABEL = 'drydock.build-export';
const PREFIX = 'export-';

interface Host {
  readonly settings: { readonly root: string };
  create(request: ContainerRequest, options: CreateOptions): Promise<ContainerHandle>;
  containers(): ContainerHandle[];
}

export class BuildFiles {
  constructor(private readonly host: Host) {}

  /** Calls `take` with the archive of all files. */
  async tar(image: Image, take: (parts: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> {
    const request: ContainerRequest = {
      Image: image.id,
      Cmd: ['/'],
      Entrypoint: [''],
      Labels: { [LABEL]: image.id },
      HostConfig: { NetworkMode: 'none' },
    };
    const container = await this.host.create(request, { withoutVolumes: true });
    try {
      await take(container.exported());
    } finally {
      await container.remove({ force: true });
    }
  }

  /** Calls `take` with a directory that has all files, with their owners, for as long as `take` lasts. */
  async tree(image: Image, take: (dir: string) => Promise<void>): Promise<void> {
    const dir = join(this.host.settings.root, 'build', `${PREFIX}${randomUUID()}`);
    const kernel = quietKernel({});
    try {
      await this.tar(image, async (parts) => {
        const write = async (put: (part: Uint8Array) => Promise<void>) => {
          for await (const part of parts) await put(part);
        };
        await unpackInto(kernel, dir, (fd) => passParts(fd, write));
      });
      await take(dir);
    } finally {
      await removeTree(dir);
    }
  }

  /** Removes what a daemon that died left. */
  async recover(): Promise<void> {
    for (const handle of this.host.containers())
      if (handle.container.request.Labels?.[LABEL]) await handle.remove({ force: true });
    const builds = join(this.host.settings.root, 'build');
    for (const name of readdirSync(builds)) if (name.startsWith(PREFIX)) await removeTree(join(builds, name));
  }
}
