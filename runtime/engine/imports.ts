/** `docker import`: an image from an archive of files. Each is an operation with a journal of its own. */
import { badParameter } from '../errors/api-error.ts';
import { applyChanges } from '../image/changes/changes.ts';
import { childConfig } from '../image/manifest/child-config.ts';
import type { Image } from '../image/manifest/image.ts';
import type { Platform } from '../image/manifest/manifest.ts';
import { canonicalName, familiarName, normalize } from '../image/manifest/reference.ts';
import type { ImageStore } from '../image/store/store.ts';
import type { Operations } from '../operation/operations.ts';
import type { Walking } from '../operation/walking.ts';
import { importing, type Importing } from '../steps/image/import.ts';
import type { EventBus } from './events.ts';

export interface ImportOptions extends Walking {
  /** Writes the archive into the socket until the signal, and closes it. */
  pass(fd: number, signal: AbortSignal): Promise<void>;
  /** with or without a tag */
  name?: string | undefined;
  /** instructions of a Dockerfile */
  changes: readonly string[];
  message: string;
  platform?: Platform | undefined;
}

export class Imports {
  constructor(
    private readonly images: ImageStore,
    private readonly operations: Operations,
    private readonly events: EventBus,
  ) {}

  /** Throws ApiError 400 in dockerd's words. */
  async import({ pass, name, changes, message, platform, ...walking }: ImportOptions): Promise<Image> {
    const target = name ? normalize(name) : undefined;
    if (target?.digest) throw badParameter('cannot import digest reference');
    const config = applyChanges({}, changes);
    const created = new Date().toISOString();
    const operation = this.operations.begin({
      kind: 'import',
      subject: { kind: 'image', name: target ? familiarName(target) : 'an archive' },
    });
    const context: Importing = {
      images: this.images,
      pass: (fd) => pass(fd, operation.signal),
      name: target && canonicalName(target),
      signal: operation.signal,
      lease: this.images.lease(),
      config: (diffID) => ({
        ...childConfig(undefined, { config, diffID, created, createdBy: '', comment: message }),
        ...platform,
      }),
    };
    const done = () => void (operation.record.subject = { ...operation.record.subject, id: context.image!.id });
    await this.operations
      .perform(operation, { context, phases: [importing], done }, walking)
      .finally(() => context.lease.release());
    const image = context.image!;
    if (target) this.events.emit('image', 'tag', image.id, { ...config.Labels, name: familiarName(target) });
    this.events.emit('image', 'import', image.id, { ...config.Labels, name: image.id });
    return image;
  }

  /** Undoes what a daemon left unfinished when it died. */
  async recover(): Promise<void> {
    for (const operation of this.operations.interrupted()) {
      if (operation.record.kind !== 'import') continue;
      const context = { images: this.images, lease: this.images.lease() } as Importing;
      await operation.recover({ context, phases: [importing] });
    }
  }
}
