/** An Engine without namespaces, complete enough for the real docker client. */
import { randomBytes } from 'node:crypto';
import type { Image } from '../../runtime/image/manifest/image.ts';
import { familiarName, normalize } from '../../runtime/image/manifest/reference.ts';
import type { Engine, ExecHandle, Images } from '../../runtime/engine/engine.ts';
import { EventBus } from '../../runtime/engine/events.ts';
import type { OperationHandle } from '../../runtime/operation/record.ts';
import { checkShape } from '../../runtime/request/request-shape.ts';
import { ApiError, conflict, notFound } from '../../runtime/errors/api-error.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { FakeContainer } from './fake-container.ts';
import { FakeVolumeList } from './fake-volumes.ts';

const digest = (fill: string) => `sha256:${fill.repeat(64).slice(0, 64)}`;

export function fakeImage(tag: string, fill: string, created: string): Image {
  return {
    id: digest(fill),
    tags: [tag],
    digests: [`${tag.split(':')[0]}@${digest(`${fill}0`)}`],
    size: 3_000_000,
    practice: false,
    layers: [1, 2].map((n) => ({
      diffID: digest(`${n}${fill}`),
      chainID: digest(`c${n}${fill}`),
      dir: `/layers/${n}${fill}`,
      size: n * 1_000_000,
    })),
    config: {
      architecture: 'amd64',
      os: 'linux',
      created,
      config: { Env: ['PATH=/usr/bin:/bin', 'FROM_IMAGE=1'], Cmd: ['/bin/sh'], Labels: { origin: 'test' } },
      rootfs: { type: 'layers', diff_ids: [digest(`1${fill}`), digest(`2${fill}`)] },
      history: [
        { created, created_by: 'ADD rootfs' },
        { created, created_by: 'CMD ["/bin/sh"]', empty_layer: true },
        { created, created_by: 'RUN practice' },
      ],
    },
  };
}

class FakeImages implements Images {
  record = (): undefined => undefined;
  readonly leases = { has: () => false };
  all: Image[] = [fakeImage('ubuntu:latest', 'a', '2024-01-02T03:04:05Z')];

  constructor(readonly usedBy: (id: string) => string | undefined) {}

  list = (): Image[] => this.all;
  find(reference: string): Image | undefined {
    const byId = this.all.find(
      (i) =>
        i.id === reference ||
        (/^(sha256:)?[a-f0-9]{2,}$/.test(reference) &&
          i.id.replace('sha256:', '').startsWith(reference.replace('sha256:', ''))),
    );
    if (byId) return byId;
    const name = familiarName(normalize(reference));
    return this.all.find((i) => i.tags.includes(name) || i.digests.includes(name));
  }
  tag(reference: string, target: string): void {
    this.find(reference)!.tags.push(target);
  }
  remove(reference: string, { force }: { force: boolean }): ({ Untagged: string } | { Deleted: string })[] {
    const image = this.find(reference)!;
    const user = this.usedBy(image.id);
    if (user && !force)
      throw conflict(
        `conflict: unable to remove repository reference "${reference}" (must force) - container ${user} is using its referenced image ${image.id.slice(7, 19)}`,
      );
    if (image.tags.length > 1) {
      const name = familiarName(normalize(reference));
      image.tags = image.tags.filter((t) => t !== name);
      return [{ Untagged: name }];
    }
    this.all = this.all.filter((i) => i !== image);
    return [...image.tags.map((Untagged) => ({ Untagged })), { Deleted: image.id }];
  }
}

export class FakeEngine implements Engine {
  readonly storage = overlay2;
  readonly settings: Engine['settings'] = {
    root: '/var/lib/fake',
    execRoot: '/run/fake',
    listen: [{ unix: '/run/fake/fake.sock' }],
    bridge: 'fake0',
    bip: '172.30.0.1/16',
    cgroupParent: '/fake',
    registryMirrors: [],
    insecureRegistries: [],
    practice: false,
    dns: [],
    idle: 0,
  };
  readonly events = new EventBus();
  readonly id = 'fake-engine';
  readonly map = new Map<string, FakeContainer>();
  readonly images = new FakeImages((id) =>
    this.containers()
      .find((c) => c.container.image?.id === id)
      ?.container.id.slice(0, 12),
  );
  readonly volumes = new FakeVolumeList();
  readonly networks: Engine['networks'] = {
    list: () => [],
    find: () => undefined,
    known: () => undefined,
    members: () => [],
    onChange: () => () => undefined,
    create: () => Promise.reject(new Error('the fake engine makes no networks')),
    remove: () => Promise.reject(new Error('the fake engine has no networks')),
    prune: () => Promise.resolve([]),
  };
  readonly requests: Parameters<Engine['create']>[] = [];
  readonly pulls: Parameters<Engine['pull']>[0][] = [];

  async create(...args: Parameters<Engine['create']>): Promise<FakeContainer> {
    const [request, { name = `c_${randomBytes(4).toString('hex')}` }] = args;
    checkShape(request);
    this.requests.push(args);
    const image = this.images.find(request.Image);
    if (!image) throw notFound(`No such image: ${familiarName(normalize(request.Image))}`);
    const taken = this.containers().find((c) => c.container.name === name);
    if (taken)
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${taken.container.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    const handle = new FakeContainer(this, randomBytes(32).toString('hex'), name, request, image);
    this.map.set(handle.container.id, handle);
    handle.emit('create');
    return handle;
  }

  readonly bundles: Parameters<Engine['createFromBundle']>[] = [];
  async createFromBundle(...args: Parameters<Engine['createFromBundle']>): Promise<FakeContainer> {
    this.bundles.push(args);
    return this.create({ Image: 'ubuntu', HostConfig: {} }, {});
  }

  container(ref: string): FakeContainer {
    const name = ref.replace(/^\//, '');
    const found =
      this.map.get(ref) ??
      this.containers().find((c) => c.container.name === name) ??
      this.containers().find((c) => ref.length > 1 && c.container.id.startsWith(ref));
    if (!found) throw notFound(`No such container: ${ref}`);
    return found;
  }
  containers = (): FakeContainer[] => [...this.map.values()];

  execById(id: string): ExecHandle {
    const found = this.containers()
      .flatMap((c) => c.execs)
      .find((e) => e.id === id);
    if (!found) throw notFound(`No such exec instance: ${id}`);
    return found;
  }

  async commit({ container }: Parameters<Engine['commit']>[0]): ReturnType<Engine['commit']> {
    const { image } = this.container(container).container;
    if (!image) throw notFound(`No such image: ${container}`);
    return image;
  }

  /** cut:… fails half-way; slow:… waits until it is aborted. */
  async pull(options: Parameters<Engine['pull']>[0]): ReturnType<Engine['pull']> {
    this.pulls.push(options);
    const { progress = () => undefined, signal } = options;
    const name = familiarName(normalize(options.reference));
    if (name.startsWith('nope')) throw notFound(`manifest for ${name} not found: manifest unknown: manifest unknown`);
    progress({ id: 'f459d57b0a26', status: 'Pulling fs layer' });
    if (name.startsWith('slow')) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    for (let current = 0; current <= 1_000_000; current += 10_000)
      progress({ id: 'f459d57b0a26', status: 'Downloading', current, total: 1_000_000 });
    if (name.startsWith('cut')) throw new Error('unexpected EOF');
    for (const status of ['Verifying Checksum', 'Download complete', 'Pull complete'])
      progress({ id: 'f459d57b0a26', status });
    const known = this.images.find(name);
    const image = known ?? fakeImage(name, 'b', '2024-02-02T03:04:05Z');
    if (!known) this.images.all.push(image);
    this.events.emit('image', 'pull', name, { name: name.split(':')[0]! });
    return { image, fresh: !known };
  }

  push(): ReturnType<Engine['push']> {
    return Promise.reject(new ApiError(501, 'pushing images: not there yet in the stand-in'));
  }
  readonly registries: Engine['registries'] = {
    login: () => Promise.reject(new ApiError(401, 'the stand-in knows nobody')),
    describe: () => Promise.reject(new ApiError(501, 'registries: not there yet in the stand-in')),
    tags: () => Promise.reject(new ApiError(501, 'tags: not there yet in the stand-in')),
    search: () => Promise.reject(new ApiError(500, 'no index answers the stand-in')),
  };
  import(): ReturnType<Engine['import']> {
    return Promise.reject(new ApiError(501, 'importing images: not there yet in the stand-in'));
  }
  readonly archives: Engine['archives'] = {
    save: () => Promise.reject(new ApiError(501, 'saving images: not there yet in the stand-in')),
    load: () => Promise.reject(new ApiError(501, 'loading images: not there yet in the stand-in')),
    verify: () => Promise.reject(new ApiError(501, 'verifying images: not there yet in the stand-in')),
  };
  readonly builds = {
    usage: { list: () => Promise.resolve([]), prune: () => Promise.resolve([]) },
    files: { tar: () => Promise.resolve(), tree: () => Promise.resolve() },
    why: () => Promise.resolve([]),
    failed: { hold: () => Promise.resolve('abort' as const), shell: () => undefined, answer: () => undefined },
    cache: { isParent: () => false, parentOf: () => '' },
  };
  build(): ReturnType<Engine['build']> {
    throw new ApiError(501, 'building images: not there yet in the stand-in');
  }

  operations = (): OperationHandle[] => [];
  operation(ref: string): OperationHandle {
    throw notFound(`No such operation: ${ref}`);
  }

  busy = (): boolean => this.containers().some((c) => c.process.running);
  async close(): Promise<void> {
    for (const c of this.containers()) if (c.process.running) c.process.signal('SIGKILL');
  }
}
