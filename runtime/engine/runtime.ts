/** The Engine behind the API: all containers of one data root. */
import { mkdirSync } from 'node:fs';
import { openCgroup } from '../kernel/cgroup/open.ts';
import { tolerate } from '../kernel/errors.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { ImageStore } from '../image/store/store.ts';
import { pullEvent } from '../image/store/image-events.ts';
import type { Image } from '../image/manifest/image.ts';
import type { ImageUser } from '../image/store/removal.ts';
import { usedByOther } from '../drivers/choose-storage.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { BundleOptions } from '../container/bundle-request.ts';
import { openBundle } from '../container/open-bundle.ts';
import type { Engine } from './engine.ts';
import { findContainer, freeName } from './container-names.ts';
import { containerOf } from './container-of.ts';
import { type CreateOptions, newBundleRecord, newRecord } from './create-container.ts';
import { NameTables } from '../network/names/tables.ts';
import { endpointEvent, Networks } from './networks.ts';
import { imageUserAmong, namedAmong } from './container-users.ts';
import type { BuildOptions } from './build-options.ts';
import { Builds } from './builds.ts';
import { EventBus } from './events.ts';
import type { ExecSession } from './exec-session.ts';
import { findOperation } from '../operation/find.ts';
import { Operations } from '../operation/operations.ts';
import type { Pulled, PullOptions } from './pull-options.ts';
import type { CommitOptions } from './commit-options.ts';
import { Commits } from './commits.ts';
import { ImageArchives } from './image-archives.ts';
import { LogCompression } from './log-compression.ts';
import { Imports, type ImportOptions } from './imports.ts';
import { Pulls } from './pulls.ts';
import { Registries } from './registries.ts';
import { unmountLeft } from './left-mounts.ts';
import type { PushOptions } from './push-options.ts';
import { Pushes } from './pushes.ts';
import type { OperationHandle } from '../operation/record.ts';
import { newDirectory, removeDirectory, type ContainerRecord } from '../container/record.ts';
import { notFound } from '../errors/api-error.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import { restore } from './restore.ts';
import { Restarts } from './restart.ts';
import { engineId, putRootInOrder } from '../data-root/data-root.ts';
import { Aside } from '../data-root/set-aside.ts';
import type { Settings } from '../data-root/settings.ts';
import { createVolumes, usersAmong, volumeEvents } from './container-volumes.ts';
import { Volumes } from './volumes.ts';
import { VolumeStore } from '../volume/store/store.ts';
import type { Surroundings } from './surroundings.ts';
import { Supervisor } from './supervisor.ts';

type MakeStore = (inUse: (imageId: string) => ImageUser | undefined, aside: Aside) => ImageStore;

export class Runtime implements Engine {
  readonly events = new EventBus();
  readonly #supervisors = new Map<string, Supervisor>();
  readonly #execs = new Map<string, ExecSession>();
  readonly #restarts = new Restarts();
  readonly #operations: Operations;
  readonly #pulls: Pulls;
  readonly registries: Registries;
  readonly #pushes: Pushes;
  readonly #imports: Imports;
  readonly #commits: Commits;
  readonly archives: ImageArchives;
  readonly builds: Builds;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly #names: NameTables;
  readonly #compression = new LogCompression(() => this.containers().map(({ container }) => container));
  #closing = false;

  private constructor(
    readonly settings: Settings,
    readonly storage: StorageDriver,
    readonly images: ImageStore,
    readonly id: string,
    volumes: VolumeStore,
    aside: Aside,
  ) {
    this.#operations = Operations.open(settings.root, aside);
    this.#pulls = new Pulls(settings, images, this.#operations);
    this.registries = new Registries(settings);
    this.#imports = new Imports(images, this.#operations, this.events);
    this.#pushes = new Pushes(settings, images, this.#operations, this.events);
    this.#commits = new Commits(images, this.#operations, this.events, (ref) => this.container(ref));
    this.archives = new ImageArchives(images, this.#operations, this.events);
    this.builds = new Builds(this, this.#operations);
    this.volumes = new Volumes(volumes, this.#operations, this.events);
    volumes.users = (name) => usersAmong(this.containers(), name);
    const up = () => namedAmong(this.containers());
    this.networks = new Networks(settings, this.#operations, this.events, { up }, aside);
    this.#names = new NameTables(
      settings.execRoot,
      {
        networks: () => this.networks.members(),
        containers: () => this.containers().flatMap(({ life, container }) => (life.underWay ? [container] : [])),
      },
      (text) => aside.say(text),
    );
    this.networks.onChange(this.#names.update);
    this.networks.onChange(() => this.containers().forEach(({ networks }) => networks.follow()));
    this.events.listen(({ Type, Action, Actor: { ID } }) => {
      if (Type !== 'image' || Action !== 'delete') return;
      this.#operations.subjectGone(ID);
      void this.builds.forget(ID).catch(() => undefined);
    });
  }

  /** Opens the data root and restores its containers: running ones are adopted, unfinished runs are undone. */
  static async open(settings: Settings, storage: StorageDriver, makeStore: MakeStore): Promise<Runtime> {
    for (const dir of [settings.root, settings.execRoot]) mkdirSync(dir, { recursive: true, mode: 0o711 });
    const aside = new Aside(settings.root);
    putRootInOrder(aside);
    const runtime: Runtime = new Runtime(
      settings,
      storage,
      makeStore((id) => imageUserAmong(runtime.containers(), id), aside),
      engineId(settings.root, aside),
      await VolumeStore.open(settings.root, aside),
      aside,
    );
    await restore({
      settings,
      storage,
      aside,
      supervise: (record) => runtime.#supervise(record),
      afterBoot: (supervisor) => runtime.#restarts.afterBoot(supervisor.life),
      // before a container may start on a network that is half removed
      before: [['an operation on a network', runtime.networks]],
      after: [
        ['a copy of files', { recover: () => unmountLeft(runtime.containers()) }],
        ['an operation on a volume', runtime.volumes],
        ['a pull', runtime.#pulls],
        ['a push', runtime.#pushes],
        ['an import', runtime.#imports],
        ['a commit', runtime.#commits],
        ['an archive of images', runtime.archives],
        ['a build', runtime.builds],
      ],
    });
    runtime.#names.recover();
    await runtime.images
      .forgetUnused()
      .catch((error: Error) => aside.say(`an image was not removed: ${error.message}`));
    // the journals of another storage driver's images belong to that driver
    if (!usedByOther(settings.root, storage.name))
      runtime.#operations.keepSubjects(
        (id) => runtime.images.find(id) !== undefined || runtime.volumes.isSubject(id) || runtime.networks.exists(id),
      );
    return runtime;
  }

  #supervise(record: ContainerRecord): Supervisor {
    const { settings, images } = this;
    const container = containerOf(record, {
      settings,
      images,
      storage: this.storage,
      volumes: this.volumes.store,
      other: (ref) => this.container(ref).container,
      networkOf: (endpoint) => this.networks.of(endpoint),
    });
    const supervisor = new Supervisor(container, record, this.#surroundings);
    this.#supervisors.set(record.id, supervisor);
    if (container.log.target.compress) this.#compression.begin();
    return supervisor;
  }

  readonly #surroundings: Surroundings = {
    execs: this.#execs,
    network: (container, action) => {
      for (const endpoint of container.endpoints) this.#surroundings.endpoint(container, endpoint, action);
      this.networks.changed();
      volumeEvents(this.events, container, action === 'connect' ? 'mount' : 'unmount');
    },
    endpoint: (container, endpoint, action) => endpointEvent(this.events, container, endpoint, action),
    networks: () => this.networks,
    claim: (name) => void freeName(this.#supervisors, name),
    event: (container, action, attributes = {}) =>
      void this.events.emit('container', action, container.id, {
        image: container.request.Image,
        name: container.name,
        ...container.request.Labels,
        ...attributes,
      }),
    exited: (life) => {
      const { container } = life;
      if (this.#closing) return;
      if (container.request.HostConfig.AutoRemove) {
        if (!life.kept || life.machine === 'failed') this.#supervisors.get(container.id)?.removeAtEnd();
      } else if (life.machine === 'exited') this.#restarts.afterExit(life);
    },
    removed: (container) => {
      this.#restarts.forget(container.id);
      this.#supervisors.delete(container.id);
      // after a failure the next daemon does it
      void this.images.forgetUnused().catch(() => undefined);
      this.#surroundings.event(container, 'destroy');
    },
  };

  async create(asked: ContainerRequest, options: CreateOptions & { name?: string }): Promise<Supervisor> {
    const record = newRecord(asked, options, {
      settings: this.settings,
      storage: this.storage.name,
      image: this.images.find(asked.Image),
      imageNamed: (reference) => this.images.ofContainer(reference),
      other: (ref) => this.container(ref).container,
      network: this.networks.known,
      claim: () => freeName(this.#supervisors, options.name),
    });
    newDirectory(this.settings, record);
    const supervisor = this.#superviseNew(record);
    await createVolumes(this.volumes, supervisor.container).catch((error: unknown) => {
      this.#supervisors.delete(record.id);
      return removeDirectory(this.settings, record.id).then(() => Promise.reject(error));
    });
    this.#surroundings.event(supervisor.container, 'create');
    return supervisor;
  }

  async createFromBundle(path: string, options: BundleOptions & { name?: string }): Promise<Supervisor> {
    const { bundle, spec, text } = await openBundle(path);
    const record = newBundleRecord(bundle, spec, options, {
      settings: this.settings,
      claim: () => freeName(this.#supervisors, options.name),
    });
    newDirectory(this.settings, record, text);
    const supervisor = this.#superviseNew(record);
    this.#surroundings.event(supervisor.container, 'create');
    return supervisor;
  }

  /** Removes the record when the create fails. */
  #superviseNew(record: ContainerRecord): Supervisor {
    try {
      return this.#supervise(record);
    } catch (error) {
      void removeDirectory(this.settings, record.id).catch(() => undefined);
      throw error;
    }
  }

  container(ref: string): Supervisor {
    return findContainer(this.#supervisors, ref);
  }

  containers(): Supervisor[] {
    return [...this.#supervisors.values()];
  }

  execById(id: string): ExecSession {
    const found = this.#execs.get(id) ?? [...this.#execs.values()].find((e) => id.length > 3 && e.id.startsWith(id));
    if (!found) throw notFound(`No such exec instance: ${id}`);
    return found;
  }

  async pull(options: PullOptions): Promise<Pulled> {
    const pulled = await this.#pulls.pull(options);
    this.events.emit('image', 'pull', ...pullEvent(pulled.image, options.reference));
    return pulled;
  }

  import(options: ImportOptions): Promise<Image> {
    return this.#imports.import(options);
  }

  push(options: PushOptions): Promise<void> {
    return this.#pushes.push(options);
  }

  commit(options: CommitOptions): Promise<Image> {
    return this.#commits.commit(options);
  }

  /** Throws ApiError in the client's words. */
  build(options: BuildOptions): Promise<Image> {
    return this.builds.build(options);
  }

  operations(): OperationHandle[] {
    return [
      ...this.#operations.list(),
      ...this.containers().flatMap(({ life }) => [
        ...life.operations.list(),
        ...(life.health.operations?.list() ?? []),
      ]),
    ].sort((a, b) => b.record.created - a.record.created);
  }
  operation(ref: string): OperationHandle {
    return findOperation(this.operations(), ref);
  }

  busy(): boolean {
    return this.#operations.underWay.length > 0 || this.containers().some((s) => s.life.underWay || s.life.restarting);
  }

  /** Leaves the containers running. When none is running, removes Drydock's objects from the host's network. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#restarts.close();
    const running = this.containers().some((s) => s.life.underWay);
    await Promise.all(this.containers().map(({ life }) => life.health.leave()));
    for (const exec of this.#execs.values()) exec.leave();
    for (const supervisor of this.containers()) supervisor.leave();
    await Promise.all([this.#operations.close(), this.#compression.close()]);
    if (running) return;
    try {
      this.#names.removeAll();
      await this.networks.removeFromHost();
    } finally {
      // also when the daemon may not remove the bridge; another daemon may have its containers there
      await tolerate(['EBUSY', 'ENOTEMPTY'], openCgroup(this.settings.cgroupParent).remove(daemonKernel()));
    }
  }
}
