/** `docker cp`: files of a container, running, paused or stopped. Each request is an operation of the container. */
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buildSpec } from '../container/bundle.ts';
import type { Container } from '../container/container.ts';
import { execPaths } from '../container/paths.ts';
import { newId } from '../data-root/identity.ts';
import { ApiError, badParameter, conflict, notFound } from '../errors/api-error.ts';
import { hasCode } from '../kernel/errors.ts';
import { jobParts, type Parts } from '../kernel/jobs.ts';
import { passParts } from '../kernel/pass-parts.ts';
import { newRun } from '../operation/create-run.ts';
import { startFailure } from '../operation/failure.ts';
import { Gate } from '../operation/gate.ts';
import { restOf } from '../operation/rollback.ts';
import { runPhase, unwind, type Run } from '../operation/run-phase.ts';
import type { Phase } from '../operation/step.ts';
import '../storage/archive/jobs.ts';
import type { PathStat } from '../storage/archive/path-stat.ts';
import { cp, type Copying, type Receiving } from '../steps/container/cp.ts';
import { reach } from '../steps/container/reach.ts';
import { rwLayerOf } from '../steps/container/3-rw-layer.ts';
import { userMounts } from '../oci/user-mounts.ts';
import type { ArchiveHandle, ArchiveOptions, ArchiveReader } from './engine.ts';
import type { Lifecycle } from './lifecycle.ts';

/** There is no such file in the container. */
const ABSENT = ['ENOENT', 'ELOOP', 'ENAMETOOLONG'];
/** The mark of its events, and what holds its steps. */
interface Walking {
  label: string;
  gate: Gate;
}
type Asked = Pick<Copying, 'path' | 'send' | 'receive' | 'mayWrite'>;

export class Archive implements ArchiveHandle {
  constructor(
    private readonly life: Lifecycle,
    private readonly ref: string,
  ) {}

  /** Throws ApiError 404 when there is no such file. */
  async stat(path: string): Promise<PathStat> {
    const copying = await this.#copy({ path: absolute(path) }, false);
    return copying.found!;
  }

  async read(path: string, reader: ArchiveReader): Promise<void> {
    await this.#copy({
      path: absolute(path),
      send: async (found, input) => {
        // before the first byte, so that a client that has all of them finds the event
        this.life.around.event(this.life.container, 'archive-path');
        reader.begin(found);
        await reader.send(jobParts<Uint8Array>('archive-read', input));
      },
    });
  }

  /** Throws ApiError 500 when the path is no directory, or is read-only. */
  async write(
    path: string,
    body: Readable | Parts<Uint8Array>,
    { keepsKinds, ownUser, owner }: ArchiveOptions,
  ): Promise<void> {
    const { request, image } = this.life.container;
    const user = owner ?? (ownUser ? request.User || image?.config.config?.User : undefined);
    const receive: Receiving = { keepsKinds, ...(user && { user }), pass: (fd) => passOn(body, fd) };
    await this.#copy({ path: absolute(path), receive, mayWrite: (real) => checkWritable(this.life.container, real) });
    this.life.around.event(this.life.container, 'extract-to-dir');
  }

  async #copy(asked: Asked, counts = true): Promise<Copying> {
    if (!this.life.restarting) await this.life.settled();
    const label = `cp-${newId().slice(0, 12)}`;
    const gate: Gate = new Gate((event) => void this.life.log.append(event, undefined, label));
    gate.arm({ mode: 'run', breakpoints: [reach, cp].flatMap(({ id }) => this.life.gateKeeper.breakpointsOf(id)) });
    const at: Walking = { label, gate };
    const copying = () => (this.life.running ? this.#inRunning(asked, at) : this.#inStopped(asked, at));
    try {
      return await this.life.operations.run('cp', copying, {
        run: label,
        counts: () => counts,
        gate: (command) => gate.command(command),
      });
    } catch (error) {
      const byPath = (error as { step?: string }).step?.startsWith('cp.');
      if (byPath && hasCode(error, ...ABSENT))
        throw notFound(`Could not find the file ${asked.path} in container ${this.ref}`);
      if (byPath && hasCode(error, 'ENOTDIR'))
        throw new ApiError(500, `${asked.path}: not a directory`, { cause: error });
      throw error instanceof ApiError ? error : startFailure(error).refusal;
    }
  }

  #inRunning(asked: Asked, at: Walking): Promise<Copying> {
    const copying: Copying = { ...asked, container: this.life.container, stopped: false };
    return this.#perform(copying, at, []);
  }

  /** Nothing may start or remove the container while its layer is mounted. */
  #inStopped(asked: Asked, at: Walking): Promise<Copying> {
    return this.life.reaching.inTurn(async () => {
      const { container, machine } = this.life;
      // it was started while this waited for its turn
      if (this.life.running) return this.#inRunning(asked, at);
      if (!['created', 'exited', 'failed'].includes(machine))
        throw conflict(`container ${container.name} is ${machine}`);
      const copying: Copying = { ...asked, container: standIn(container, at.label), stopped: true };
      return this.#perform(copying, at, [reach, rwLayerOf(container.storage)]);
    });
  }

  async #perform(copying: Copying, { label, gate }: Walking, mounting: readonly Phase<Container>[]): Promise<Copying> {
    const { log } = this.life;
    const mounts: Run<Container> = newRun(copying.container, log, gate, label);
    const files: Run<Copying> = newRun(copying, log, gate, label);
    mounts.begun = new Set();
    files.begun = new Set();
    try {
      for (const phase of mounting) await runPhase(mounts, phase);
      await runPhase(files, cp);
      return copying;
    } finally {
      // what was mounted is needed only while files are copied
      gate.oneWay = true;
      const left = [...(await unwind(files, [cp])), ...(mounting.length ? await unwind(mounts, mounting) : [])];
      if (left.length) log.append({ type: 'note', text: restOf(left).join('; ') }, undefined, label);
    }
  }
}

/** A container with the same files and a run directory of its own, for the steps that mount. */
function standIn(c: Container, label: string): Container {
  if (!c.image) throw conflict(`the image of container ${c.name} is not there, so its files cannot be put together`);
  const paths = { ...execPaths(c.paths, c.settings, label.slice('cp-'.length).padEnd(16, '0')) };
  return { ...c, paths, live: {}, spec: buildSpec(c, c.image) };
}

/** Like dockerd: from the root, with a '/' or '/.' at the end kept. */
function absolute(path: string): string {
  if (!path) throw badParameter('bad parameter: path cannot be empty');
  if (path.includes('\0')) throw badParameter(`invalid path ${JSON.stringify(path)}: it holds a NUL`);
  return path.startsWith('/') ? path : `/${path}`;
}

/** `path` has no links. Throws ApiError 500, in the words and with the status of dockerd. */
function checkWritable({ request: { HostConfig }, mounts }: Container, path: string): void {
  const all = [
    ...mounts.map(({ destination, rw }) => ({ destination, rw })),
    ...userMounts(HostConfig)
      .filter(({ volume }) => !volume)
      .map(({ destination, options }) => ({ destination, rw: !options.includes('ro') && !options.includes('rro') })),
  ];
  const above = all
    .filter(({ destination }) => path === destination || path.startsWith(`${destination}/`))
    .sort((a, b) => b.destination.length - a.destination.length)[0];
  if (above && !above.rw) throw new ApiError(500, 'mounted volume is marked read-only');
  if (!above && HostConfig.ReadonlyRootfs) throw new ApiError(500, 'container rootfs is marked read-only');
}

/** Writes the client's archive into the socket. The worker may stop reading early; then the rest is not sent. */
async function passOn(body: Readable | Parts<Uint8Array>, fd: number): Promise<void> {
  if (!(body instanceof Readable)) return passParts(fd, (_, putAll) => putAll(body));
  const socket = new Socket({ fd, readable: true, writable: true });
  await pipeline(body, socket).catch((error: unknown) => {
    if (!hasCode(error, 'EPIPE', 'ECONNRESET')) throw error;
  });
}
