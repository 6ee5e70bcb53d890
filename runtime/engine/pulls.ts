/** Pulls that are not part of a container's start: `docker pull`, `drydock pull`, POST /images/create. */
import { newPull, type Pull, type PullContext } from '../image/pull.ts';
import { familiarName, normalize } from '../image/manifest/reference.ts';
import type { ImageStore } from '../image/store/store.ts';
import { notFound } from '../errors/api-error.ts';
import type { Settings } from '../data-root/settings.ts';
import { pull as pullPhase } from '../steps/image/pull.ts';
import type { Operation } from '../operation/operation.ts';
import type { Operations } from '../operation/operations.ts';
import type { Pulled, PullOptions } from './pull-options.ts';

export class Pulls {
  constructor(
    private readonly settings: Settings,
    private readonly images: ImageStore,
    private readonly operations: Operations,
  ) {}

  async pull({ reference, platform, auth, progress, ...walking }: PullOptions): Promise<Pulled> {
    const operation = this.operations.begin({
      kind: 'pull',
      subject: { kind: 'image', name: nameOf(reference) },
      ...(platform && { platform }),
    });
    const context = this.#context(reference, {
      ...(platform && { platform }),
      ...(auth && { auth }),
      signal: operation.signal,
      progress: (line) => {
        // the byte counts change ten times a second, so the journal keeps only the changes of state
        if (line.current === undefined) operation.log.append({ type: 'progress', ...line });
        progress?.(line);
      },
    });
    const done = () => this.#done(operation, context);
    await this.operations.perform(operation, { context, phases: [pullPhase], done }, walking);
    return pulled(context);
  }

  #context(reference: string, more: Partial<Pull>): PullContext {
    return { settings: this.settings, images: this.images, pull: newPull(reference, 'always', more) };
  }

  /** Links the journal to the image, so that both are removed together. */
  #done({ record, log }: Operation, { image, pull }: PullContext): void {
    if (pull.notice) log.append({ type: 'note', text: pull.notice });
    if (image) record.subject = { ...record.subject, id: image.id };
  }

  /** Undoes pulls that a daemon left unfinished when it died. */
  async recover(): Promise<void> {
    for (const operation of this.operations.interrupted()) {
      const { kind, subject, platform } = operation.record;
      if (kind === 'pull')
        await operation.recover({
          context: this.#context(subject.name, platform ? { platform } : {}),
          phases: [pullPhase],
        });
    }
  }
}

function pulled({ image, pull: { reference, state, notice } }: PullContext): Pulled {
  if (!image) throw notFound(`No such image: ${reference}`);
  return {
    image,
    fresh: state.fresh ?? false,
    ...(state.digest && { digest: state.digest }),
    ...(notice && { notice }),
  };
}

/** The name in docker's form. Text that is not a reference is shown as typed; the first step will refuse it. */
function nameOf(reference: string): string {
  try {
    return familiarName(normalize(reference));
  } catch {
    return reference.slice(0, 200);
  }
}
