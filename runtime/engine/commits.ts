/** `docker commit`: an image from a container. Each is an operation with a journal of its own. */
import { leavesOut } from '../container/leave-out.ts';
import { mergeConfig } from '../container/merge.ts';
import { badParameter, conflict } from '../errors/api-error.ts';
import { applyChanges, type Execution } from '../image/changes/changes.ts';
import { childConfig } from '../image/manifest/child-config.ts';
import type { Image } from '../image/manifest/image.ts';
import { canonicalName, familiarName, normalize, type Reference } from '../image/manifest/reference.ts';
import type { ImageStore } from '../image/store/store.ts';
import type { Operations } from '../operation/operations.ts';
import { commit as commitPhase, type Committing } from '../steps/container/commit.ts';
import type { CommitOptions } from './commit-options.ts';
import type { EventBus } from './events.ts';
import type { Supervisor } from './supervisor.ts';

export class Commits {
  constructor(
    private readonly images: ImageStore,
    private readonly operations: Operations,
    private readonly events: EventBus,
    private readonly find: (ref: string) => Supervisor,
  ) {}

  /** Throws ApiError 400, 404 or 409 in dockerd's words. */
  async commit(asked: CommitOptions): Promise<Image> {
    const supervisor = this.find(asked.container);
    const { container, life } = supervisor;
    const target = targetOf(asked);
    supervisor.mustStay('commit');
    if (!life.restarting) await life.settled();
    const { image } = container;
    if (!image) throw conflict(`container ${container.name} has no image: there is nothing that its changes belong to`);
    const own = { ...mergeConfig(container.request, image.config) } as Execution;
    const config = mergedWith(applyChanges(imageFields(asked.config ?? own), asked.changes ?? []), imageFields(own));
    const created = new Date().toISOString();
    const createdBy = (own.Cmd ?? []).join(' ');
    const { author, comment = '' } = asked;
    const pause = asked.pause !== false && life.machine === 'running' && !leavesOut(container, 'cgroup');
    const lease = this.images.lease();
    const blobs = this.images.record(image.id)?.blobs ?? [];
    lease.hold(...image.layers.map(({ chainID }) => chainID), ...blobs.map(({ digest }) => digest));
    const operation = this.operations.begin({
      kind: 'commit',
      subject: { kind: 'image', name: target ? familiarName(target) : container.name },
    });
    const context: Committing = {
      images: this.images,
      container,
      layer: (k, path) => supervisor.layerFile(k, path),
      parent: { config: image.config, blobs },
      pause,
      isPaused: () => life.machine === 'paused',
      lease,
      name: target && canonicalName(target),
      signal: operation.signal,
      config: (diffID) => childConfig(image.config, { config, diffID, created, createdBy, author, comment }),
    };
    // the journal is removed with the image
    const done = () => void (operation.record.subject = { ...operation.record.subject, id: context.image!.id });
    await this.operations
      .perform(operation, { context, phases: [commitPhase], done }, asked)
      .finally(() => lease.release());
    const made = context.image!;
    if (target) this.events.emit('image', 'tag', made.id, { ...config.Labels, name: familiarName(target) });
    const imageRef = target ? familiarName(target) : '';
    life.around.event(container, 'commit', { comment, imageID: made.id, imageRef });
    return made;
  }

  /** Undoes commits that a daemon left unfinished when it died. A frozen container goes on when it is adopted. */
  async recover(): Promise<void> {
    for (const operation of this.operations.interrupted()) {
      if (operation.record.kind !== 'commit') continue;
      const context: Committing = { images: this.images, pause: false, lease: this.images.lease() };
      await operation.recover({ context, phases: [commitPhase] });
    }
  }
}

/** Throws ApiError 400. */
function targetOf({ repository, tag }: CommitOptions): Reference | undefined {
  if (!repository) return undefined;
  const target = normalize(tag ? `${repository}:${tag}` : repository);
  if (target.digest) throw badParameter('refusing to create a tag with a digest reference');
  return target;
}

/** The fields of a container's config that an image has too; those without a value are left out. */
function imageFields(config: Execution): Execution {
  const { User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, Shell, OnBuild } = config;
  const { Healthcheck } = config;
  const all = {
    ...{ User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, Shell, OnBuild },
    Healthcheck,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value && (typeof value !== 'object' || Object.keys(value).length)),
  ) as Execution;
}

/** What is missing in `own` comes from `base`, by the rules of dockerd's create. */
function mergedWith(own: Execution, base: Execution): Execution {
  const nameOf = (entry: string) => entry.split('=', 1)[0];
  const names = new Set((own.Env ?? []).map(nameOf));
  const entrypoint = own.Entrypoint?.length
    ? {}
    : { Cmd: own.Cmd?.length ? own.Cmd : base.Cmd, Entrypoint: own.Entrypoint ?? base.Entrypoint };
  return imageFields({
    ...base,
    Cmd: undefined,
    Entrypoint: undefined,
    Shell: undefined,
    OnBuild: undefined,
    ...own,
    ...entrypoint,
    Env: [...(own.Env ?? []), ...(base.Env ?? []).filter((entry) => !names.has(nameOf(entry)))],
    Labels: { ...base.Labels, ...own.Labels },
    ExposedPorts: { ...base.ExposedPorts, ...own.ExposedPorts },
    Volumes: { ...base.Volumes, ...own.Volumes },
  } as Execution);
}
