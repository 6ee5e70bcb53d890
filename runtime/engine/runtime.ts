/** The Engine behind the API: all containers of one data root. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openCgroup } from '../kernel/cgroup/open.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { ImageStore } from '../image/store/store.ts';
import { pullEvent } from '../image/store/image-events.ts';
import type { Image } from '../image/manifest/image.ts';
import type { ImageUser } from '../image/store/removal.ts';
import { keepLeases } from '../network/ipam/leases.ts';
import { usedByOther } from '../drivers/choose-storage.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { BundleOptions } from '../container/bundle-request.ts';
import { openBundle } from '../container/open-bundle.ts';
import type { Engine } from './engine.ts';
import type { MachineState } from '../container/life.ts';
import { containerOf } from './container-of.ts';
import { newBundleRecord, newRecord } from './create-container.ts';
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
import { Pulls } from './pulls.ts';
import type { OperationHandle } from '../operation/record.ts';
import { newName } from '../data-root/identity.ts';
import { containersDir, removeStaleRunDirs } from '../container/paths.ts';
import { loadRecords, newDirectory, recordsOf, removeDirectory, type ContainerRecord } from '../container/record.ts';
import { badParameter, conflict, notFound } from '../errors/api-error.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import { Restarts } from './restart.ts';
import { engineId, namesIn, putRootInOrder } from '../data-root/data-root.ts';
import { Aside } from '../data-root/set-aside.ts';
import type { Settings } from '../data-root/settings.ts';
import { createVolumes, usersAmong, volumeEvents } from './container-volumes.ts';
import { Volumes } from './volumes.ts';
import { VolumeStore } from '../volume/store/store.ts';
import type { Surroundings } from './surroundings.ts';
import { Supervisor } from './supervisor.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
type MakeStore = (inUse: (imageId: string) => ImageUser | undefined, aside: Aside) => ImageStore;

export class Runtime implements Engine {
  readonly events = new EventBus();
  readonly #supervisors = new Map<string, Supervisor>();
  readonly #execs = new Map<string, ExecSession>();
  readonly #restarts = new Restarts();
  readonly #operations: Operations;
  readonly #pulls: Pulls;
  readonly #commits: Commits;
  readonly builds: Builds;
  readonly volumes: Volumes;
  readonly networks: Networks;
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
    this.#commits = new Commits(images, this.#operations, this.events, (ref) => this.container(ref));
    this.builds = new Builds(this, this.#operations);
    this.volumes = new Volumes(volumes, this.#operations, this.events);
    volumes.users = (name) => usersAmong(this.containers(), name);
    const up = () => namedAmong(this.containers());
    this.networks = new Networks(settings, this.#operations, this.events, { up }, aside);
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
    const known = namesIn(containersDir(settings));
    const all = loadRecords(settings, aside);
    const records = recordsOf(settings, storage, all);
    const shims = removeStaleRunDirs(settings, new Set(all.map((r) => r.id)));
    const orphans = shims.filter(({ id }) => known.has(id));
    for (const { id, pid } of orphans)
      aside.say(`shim ${pid} of ${id.slice(0, 12)} runs without a record; end it with kill ${pid}`);
    // leases outlive a daemon, but not their containers
    const running = records.filter((r) => r.machine === 'running' || r.machine === 'paused');
    await keepLeases(daemonKernel(), settings.root, new Set([...running, ...orphans].map(({ id }) => id)));
    for (const record of records) await runtime.#pickUp(record, aside);
    for (const [what, of] of [
      ['an operation on a volume', runtime.volumes],
      ['an operation on a network', runtime.networks],
      ['a pull', runtime.#pulls],
      ['a commit', runtime.#commits],
      ['a build', runtime.builds],
    ] as const)
      await of.recover().catch((error: Error) => aside.say(`what ${what} left was not taken back: ${error.message}`));
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

  /**
   * Restores one container. One that cannot be restored stays for `rm` or is set aside, and the others are restored
   * anyway.
   */
  async #pickUp(record: ContainerRecord, aside: Aside): Promise<void> {
    const name = `container ${record.name} (${record.id.slice(0, 12)})`;
    // read before #supervise, because the new machine is at rest
    const { machine } = record;
    let supervisor: Supervisor;
    try {
      supervisor = this.#supervise(record);
    } catch (error) {
      return void aside.move(join(containersDir(this.settings), record.id), `${name}: ${(error as Error).message}`);
    }
    const resumed = this.#resume(supervisor, record, machine);
    await resumed.catch((error: Error) => aside.say(`${name} was not picked up: ${error.message}`));
  }

  async #resume(supervisor: Supervisor, record: ContainerRecord, machine: MachineState): Promise<void> {
    if (machine === 'removing')
      return void (await supervisor.remove({ force: true, volumes: record.takesVolumes ?? false }));
    if (['running', 'paused', 'exiting'].includes(machine)) {
      await supervisor.life.adopt();
      await supervisor.networks.recover();
    } else if (!['created', 'exited', 'failed'].includes(machine) || record.left?.length)
      await supervisor.life.takeBack();
    // like dockerd: it ended before this daemon's start
    if (!supervisor.life.underWay && record.machine !== 'created' && record.request.HostConfig.AutoRemove)
      return supervisor.removeAtEnd();
    // a container that is still exiting is restarted by its exit
    if (!supervisor.life.underWay && record.machine !== 'created' && this.#restarts.afterBoot(supervisor.life))
      void supervisor.life.begin().catch(() => undefined);
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
    claim: (name) => void this.#claimName(name),
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

  async create(
    asked: ContainerRequest,
    options: { name?: string; platform?: string; pull?: 'missing' },
  ): Promise<Supervisor> {
    const record = newRecord(asked, options, {
      settings: this.settings,
      storage: this.storage.name,
      image: this.images.find(asked.Image),
      other: (ref) => this.container(ref).container,
      network: this.networks.known,
      claim: () => this.#claimName(options.name),
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
      claim: () => this.#claimName(options.name),
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

  #claimName(wanted: string | undefined): string {
    const holder = (name: string) => [...this.#supervisors.values()].find((s) => s.container.name === name);
    if (wanted === undefined) return newName((name) => holder(name) !== undefined);
    const name = wanted.replace(/^\//, '');
    if (!NAME.test(name))
      throw badParameter(`Invalid container name (${wanted}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
    const other = holder(name);
    if (other)
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${other.container.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    return name;
  }

  container(ref: string): Supervisor {
    const wanted = ref.replace(/^\//, '');
    const all = [...this.#supervisors.values()];
    const exact = this.#supervisors.get(wanted) ?? all.find((s) => s.container.name === wanted);
    if (exact) return exact;
    const byPrefix = wanted ? all.filter((s) => s.container.id.startsWith(wanted)) : [];
    if (byPrefix.length > 1) throw badParameter(`multiple IDs found with provided prefix: ${wanted}`);
    if (!byPrefix[0]) throw notFound(`No such container: ${ref}`);
    return byPrefix[0];
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

  commit(options: CommitOptions): Promise<Image> {
    return this.#commits.commit(options);
  }

  /** Throws ApiError in the client's words. */
  build(options: BuildOptions): Promise<Image> {
    return this.builds.build(options);
  }

  operations(): OperationHandle[] {
    return [...this.#operations.list(), ...this.containers().flatMap(({ life }) => life.operations.list())].sort(
      (a, b) => b.record.created - a.record.created,
    );
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
    for (const exec of this.#execs.values()) exec.leave();
    for (const supervisor of this.containers()) supervisor.leave();
    await this.#operations.close();
    if (running) return;
    try {
      await this.networks.removeFromHost();
    } finally {
      // also when the daemon may not remove the bridge
      await openCgroup(this.settings.cgroupParent).remove(daemonKernel());
    }
  }
}
