/** `docker push`: each tag is an operation with a journal of its own. */
import type { Settings } from '../data-root/settings.ts';
import { badParameter, notFound } from '../errors/api-error.ts';
import { canonicalName, familiarName, familiarRepository, type Reference } from '../image/manifest/reference.ts';
import type { PushContext } from '../image/push.ts';
import { tagsOf } from '../image/store/named-by.ts';
import type { ImageStore } from '../image/store/store.ts';
import type { Operations } from '../operation/operations.ts';
import { push as pushPhase } from '../steps/image/push.ts';
import type { EventBus } from './events.ts';
import type { Pushed, PushOptions } from './push-options.ts';

export class Pushes {
  constructor(
    private readonly settings: Settings,
    private readonly images: ImageStore,
    private readonly operations: Operations,
    private readonly events: EventBus,
  ) {}

  /** Without a tag all tags of the repository. Throws ApiError in dockerd's words. */
  async push({ reference, pushed, ...options }: PushOptions): Promise<void> {
    if (reference.digest) throw badParameter('cannot push a digest reference');
    const all = tagsOf(this.images, reference);
    const known = [...this.images.names().keys()].some((name) =>
      name.startsWith(`${reference.domain}/${reference.path}@`),
    );
    if (!all.length && !known)
      throw notFound(`An image does not exist locally with the tag: ${familiarRepository(reference)}`);
    const wanted = reference.tag ? [reference] : all.map((one) => one.reference!);
    for (const one of wanted) {
      const found = await this.#one(one, options);
      pushed?.(found);
    }
  }

  async #one(
    reference: Reference,
    { platform, auth, progress, ...walking }: Omit<PushOptions, 'reference' | 'pushed'>,
  ): Promise<Pushed> {
    const operation = this.operations.begin({
      kind: 'push',
      subject: { kind: 'image', name: familiarName(reference) },
    });
    const context: PushContext = {
      settings: this.settings,
      images: this.images,
      reference,
      platform,
      auth,
      signal: operation.signal,
      lease: this.images.lease(),
      progress: (line) => {
        // the byte counts change ten times a second, so the journal keeps only the changes of state
        if (line.current === undefined) operation.log.append({ type: 'progress', ...line });
        progress?.(line);
      },
    };
    // the journal is removed with the image
    const done = () => {
      const { id } = context.image!;
      if (this.images.find(id)) operation.record.subject = { ...operation.record.subject, id };
    };
    await this.operations
      .perform(operation, { context, phases: [pushPhase], done }, walking)
      .finally(() => context.lease.release());
    const name = familiarRepository(reference);
    this.events.emit('image', 'push', canonicalName(reference), { ...context.image!.config.config?.Labels, name });
    return { tag: reference.tag!, digest: context.digest!, size: context.manifest!.bytes.length };
  }

  /** Drops what a daemon left when it died in the middle of a push. */
  async recover(): Promise<void> {
    for (const operation of this.operations.interrupted()) {
      if (operation.record.kind !== 'push') continue;
      const { settings, images } = this;
      const context: PushContext = {
        settings,
        images,
        reference: { domain: '', path: '' },
        signal: operation.signal,
        lease: images.lease(),
        progress: () => undefined,
      };
      await operation.recover({ context, phases: [pushPhase] });
    }
  }
}
