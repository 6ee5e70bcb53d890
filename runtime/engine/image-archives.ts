/** `docker save` and `docker load`. Each is an operation with a journal of its own. */
import { join } from 'node:path';
import type { Descriptor } from '../image/archive/documents.ts';
import type { Image } from '../image/manifest/image.ts';
import { familiarName } from '../image/manifest/reference.ts';
import type { ImageStore } from '../image/store/store.ts';
import type { Operation } from '../operation/operation.ts';
import type { Operations } from '../operation/operations.ts';
import { load as loadPhase, type Loaded, type Loading } from '../steps/image/load.ts';
import { save as savePhase, type Saving } from '../steps/image/save.ts';
import type { Walking } from '../operation/walking.ts';
import type { Verified } from '../steps/image/verify.ts';
import type { EventBus } from './events.ts';
import type { ImageArchiveList, LoadOptions, SaveOptions } from './image-archive-options.ts';
import { Verifications } from './verifications.ts';

export class ImageArchives implements ImageArchiveList {
  readonly #verifications: Verifications;

  constructor(
    private readonly images: ImageStore,
    private readonly operations: Operations,
    private readonly events: EventBus,
  ) {
    this.#verifications = new Verifications(images, operations);
  }

  #dirOf({ id }: Operation): string {
    return join(this.images.root, 'archives', id);
  }

  /** Throws ApiError 404 in dockerd's words before the first part is sent. */
  async save({ names, platform, as, send, put, ...walking }: SaveOptions): Promise<readonly Descriptor[]> {
    const operation = this.operations.begin({
      kind: 'save',
      subject: { kind: 'image', name: names.slice(0, 10).join(' ').slice(0, 200) },
    });
    const { images } = this;
    const context: Saving = {
      images,
      dir: this.#dirOf(operation),
      asked: names,
      platform,
      as,
      send,
      put,
      signal: operation.signal,
      lease: images.lease(),
    };
    // the journal of one image is removed with it
    const done = () => {
      const [image, ...others] = context.found ?? [];
      if (image && !others.length) operation.record.subject = { ...operation.record.subject, id: image.image.id };
    };
    await this.operations
      .perform(operation, { context, phases: [savePhase], done }, walking)
      .finally(() => context.lease.release());
    for (const { image } of context.found ?? []) this.#event('save', image);
    return context.index ?? [];
  }

  /** Throws ApiError 400 and 500; then nothing of the archive is there. */
  async load({ pass, platform, progress = () => undefined, ...walking }: LoadOptions): Promise<Loaded[]> {
    const operation = this.operations.begin({ kind: 'load', subject: { kind: 'image', name: 'an archive' } });
    const { images } = this;
    const context: Loading = {
      images,
      dir: this.#dirOf(operation),
      platform,
      pass: (fd) => pass(fd, operation.signal),
      progress,
      signal: operation.signal,
      lease: images.lease(),
    };
    const done = () => {
      const { loaded = [] } = context;
      const name = loaded.flatMap(({ names }) => names.map(familiarName)).join(' ') || loaded[0]?.image.id;
      const only = loaded.length === 1 ? { id: loaded[0]!.image.id } : {};
      operation.record.subject = { kind: 'image', name: name?.slice(0, 200) ?? 'an archive', ...only };
    };
    await this.operations
      .perform(operation, { context, phases: [loadPhase], done }, walking)
      .finally(() => context.lease.release());
    for (const { image } of context.loaded ?? []) this.#event('load', image);
    return context.loaded ?? [];
  }

  verify(image: string, walking?: Walking): Promise<Verified[]> {
    return this.#verifications.verify(image, walking);
  }

  /** Undoes what a daemon left unfinished when it died. */
  async recover(): Promise<void> {
    await this.#verifications.recover();
    const { images } = this;
    for (const operation of this.operations.interrupted()) {
      const common = { images, dir: this.#dirOf(operation), lease: images.lease(), asked: [], found: [] };
      const nothing = () => Promise.resolve();
      if (operation.record.kind === 'load') {
        const context: Loading = { ...common, pass: nothing, progress: () => undefined };
        await operation.recover({ context, phases: [loadPhase] });
      } else if (operation.record.kind === 'save')
        await operation.recover({ context: { ...common, send: nothing } as Saving, phases: [savePhase] });
    }
  }

  #event(action: 'save' | 'load', { id, config }: Image): void {
    this.events.emit('image', action, id, { ...config.config?.Labels, name: id });
  }
}
