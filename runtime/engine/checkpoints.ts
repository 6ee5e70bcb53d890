/** `docker checkpoint`: the checkpoints of one container. Making one is an operation of the container. */
import { dirname } from 'node:path';
import {
  checkFree,
  checkpointNames,
  checkpointPath,
  checkpointsDir,
  checkThere,
  partialPath,
  readCheckpoint,
} from '../container/checkpoints.ts';
import type { Restore } from '../container/container.ts';
import { leftOut } from '../container/leave-out.ts';
import { choiceOf } from '../container/namespaces.ts';
import { saveRecord } from '../container/record.ts';
import { newId } from '../data-root/identity.ts';
import { ApiError, conflict } from '../errors/api-error.ts';
import { criu } from '../kernel/process/criu.ts';
import { removeTree } from '../kernel/tree/remove-tree.ts';
import { newRun } from '../operation/create-run.ts';
import { startFailure, withRest } from '../operation/failure.ts';
import { Aborted, Gate } from '../operation/gate.ts';
import type { GateCommand } from '../operation/gate-command.ts';
import { restOf } from '../operation/rollback.ts';
import { runPhase, unwind, type Run } from '../operation/run-phase.ts';
import { checkpoint, type Checkpointing } from '../steps/container/checkpoint.ts';
import type { CheckpointAsked, CheckpointList, CheckpointRef } from './checkpoint-options.ts';
import type { Lifecycle } from './lifecycle.ts';

export class Checkpoints implements CheckpointList {
  constructor(private readonly life: Lifecycle) {}

  async list(directory?: string): Promise<string[]> {
    return checkpointNames(checkpointsDir(this.life.container, directory));
  }

  /** For a start. Throws ApiError 404, 409 and 501. */
  find({ name, directory }: CheckpointRef): Restore {
    const { container } = this.life;
    const found = readCheckpoint(checkpointPath(container, name, directory), name, container.name);
    this.#checkFit();
    return found;
  }

  /** Throws ApiError for a container whose processes CRIU cannot make again. */
  #checkFit(): void {
    const { request, bundle } = this.life.container;
    if (request.Tty)
      throw new ApiError(500, 'checkpoint not support on containers with tty: CRIU cannot restore the terminal');
    if (bundle)
      throw new ApiError(501, 'checkpoints of containers that were made from a bundle: not there yet in Drydock');
    if (choiceOf('pid', request.HostConfig) !== 'new' || leftOut(request).length)
      throw conflict('a checkpoint needs a pid namespace of its own and no part left out, or its pids are in use');
    criu();
  }

  async remove(name: string, directory?: string): Promise<void> {
    const { container } = this.life;
    const path = checkpointPath(container, name, directory);
    checkThere(path, name, container.name);
    await removeTree(path);
  }

  /** Throws ApiError 400, 409, 500 and 501, in dockerd's words where it has them. */
  async create(asked: CheckpointAsked, signal?: AbortSignal): Promise<void> {
    const { container } = this.life;
    const path = checkpointPath(container, asked.name, asked.directory);
    if (!this.life.restarting) await this.life.settled();
    this.#mustRun();
    this.#checkFit();
    // neither an exec nor a pause may begin meanwhile, and no second checkpoint
    await this.life.reaching.inTurn(async () => {
      this.#mustRun();
      checkFree(path, asked.name, container.name);
      const partial = partialPath(container, dirname(path), asked.name);
      await this.#perform({ path, partial, exits: asked.exits }, signal);
    });
    this.life.around.event(container, 'checkpoint');
  }

  #mustRun(): void {
    const { id } = this.life.container;
    if (this.life.machine === 'paused')
      throw conflict(`Container ${id} is paused, unpause the container before a checkpoint`);
    if (this.life.restarting || !this.life.running) throw conflict(`container ${id} is not running`);
  }

  #mark(what: Pick<Checkpointing, 'path' | 'partial' | 'exits'> | undefined): void {
    const { record, container } = this.life;
    if (what) record.checkpointing = what;
    else delete record.checkpointing;
    saveRecord(container.settings, record);
  }

  async #perform(what: Pick<Checkpointing, 'path' | 'partial' | 'exits'>, gone?: AbortSignal): Promise<void> {
    const { container, operations } = this.life;
    const cut = new AbortController();
    const id = newId();
    const run = this.#run(id, {
      ...what,
      container,
      signal: gone ? AbortSignal.any([cut.signal, gone]) : cut.signal,
      ending: () => this.#last(),
    });
    run.begun = new Set();
    run.gate.arm({ mode: 'run', breakpoints: this.life.gateKeeper.breakpointsOf('checkpoint') });
    // a held step ends with its container, and with its client
    const release = () => run.gate.release();
    const ending = this.life.actor.subscribe(({ value }) => void (value === 'exiting' && release()));
    gone?.addEventListener('abort', release, { once: true });
    const gate = (command: GateCommand) =>
      command.command === 'abort' && !run.gate.paused && !run.gate.oneWay
        ? cut.abort(new Aborted(run.current ?? 'checkpoint', 'in'))
        : run.gate.command(command);
    try {
      // a probe of its health is no child of its first process, so it would not be dumped
      await this.life.health.close();
      this.#mark(what);
      await operations.run('checkpoint', () => this.#walk(run), { id, run: labelOf(id), gate });
    } finally {
      if (this.life.machine === 'running') this.life.health.open();
      ending.unsubscribe();
      gone?.removeEventListener('abort', release);
    }
  }

  /** No restart policy starts it again, because it would go on from the beginning. */
  #last(): void {
    this.life.record.stopped = true;
    this.life.restartCanceled = true;
  }

  #run(id: string, context: Checkpointing): Run<Checkpointing> {
    const { log } = this.life;
    const gate: Gate = new Gate((event) => void run.journal.append(event));
    const run = newRun(context, log, gate, labelOf(id));
    return run;
  }

  /** What could not be undone stays marked, so the next daemon tries again. */
  async #walk(run: Run<Checkpointing>): Promise<void> {
    try {
      await runPhase(run, checkpoint);
      this.#mark(undefined);
    } catch (error) {
      const left = await this.#takeBack(run);
      const { refusal } = withRest(startFailure(error), left);
      if (refusal.status !== 500) throw refusal;
      throw new ApiError(500, `Cannot checkpoint container ${this.life.container.name}: ${refusal.message}`, {
        cause: error,
      });
    }
  }

  async #takeBack(run: Run<Checkpointing>): Promise<string[]> {
    run.gate.oneWay = true;
    const left = restOf(await unwind(run, [checkpoint]));
    if (!left.length) this.#mark(undefined);
    return left;
  }

  /** Takes back what a daemon left when it died: the processes go on, and the files are removed. */
  async recover(): Promise<void> {
    const { container, record } = this.life;
    if (!record.checkpointing) return;
    await this.#takeBack(this.#run(newId(), { ...record.checkpointing, container }));
  }
}

/** The mark of its events. */
const labelOf = (id: string) => `checkpoint-${id.slice(0, 12)}`;
