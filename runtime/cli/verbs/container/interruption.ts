/**
 * Ctrl-C while `run` makes a container: until its process runs, SIGINT and SIGTERM are ours, and what was made is taken
 * back.
 *
 *   pull      the connection is cut, and with it the pull
 *   create    its answer is waited for: nothing else tells what there is to remove
 *   created   removed, with --rm and without: nothing has happened in it
 *   start     with --rm removed by force, else stopped; a gate that holds it lets go, and what was done is undone
 *   it runs   signals are the process's (see session.ts) or come from its terminal
 */
import { constants } from 'node:os';
import { containerPath, type Client } from '../../client/client.ts';
import { DaemonError, Failure, messageOf } from '../../failure/failure.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** A daemon that does not answer must not keep us: docker's client leaves at the third as well. */
const ENOUGH = 3;

export class Interruption {
  readonly #aborter = new AbortController();
  #signal: NodeJS.Signals | undefined;
  #count = 0;
  #id: string | undefined;
  #starting = false;
  #takenBack: Promise<void> | undefined;

  constructor(
    private readonly client: Client,
    private readonly rm: boolean,
  ) {
    for (const name of SIGNALS) process.on(name, this.#handle);
  }

  /** Aborted with the first signal. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  readonly #handle = (signal: NodeJS.Signals): void => {
    this.#signal ??= signal;
    if (++this.#count === ENOUGH) process.exit(this.#code());
    if (this.#count > 1) return;
    this.#aborter.abort();
    this.#takeBack().catch(() => undefined); // conclude() tells of it
  };

  #code = (): number => 128 + constants.signals[this.#signal ?? 'SIGINT'];

  created(id: string): void {
    this.#id = id;
    this.signal.throwIfAborted();
  }

  /** Makes the start, unless there was a signal. */
  async start(post: () => Promise<unknown>): Promise<void> {
    this.signal.throwIfAborted();
    this.#starting = true;
    await post();
    // the daemon may have been asked to stop it before it began with the start
    if (this.#signal && !this.rm) await this.#stop();
  }

  /** From now on signals are somebody else's. */
  end(): void {
    for (const name of SIGNALS) process.off(name, this.#handle);
  }

  #stop = (): Promise<void> => this.client.post(containerPath(this.#id!, '/stop'), { t: 0 });

  #takeBack(): Promise<void> {
    if (this.#id === undefined) return Promise.resolve();
    return (this.#takenBack ??=
      this.#starting && !this.rm
        ? this.#stop()
        : this.client.call('DELETE', containerPath(this.#id), { query: { force: '1' } }));
  }

  /** The end of an interrupted run, whatever became of it; nothing happens when there was no signal. */
  async conclude(): Promise<void> {
    if (!this.#signal) return;
    const id = this.#id?.slice(0, 12);
    const done = this.#starting && !this.rm ? 'stopped' : 'removed';
    await this.#takeBack().catch((error: unknown) => {
      // --rm itself may have been faster
      if (error instanceof DaemonError && error.status === 404) return;
      throw new Failure(`interrupted, but container ${id} could not be ${done}: ${messageOf(error)}`, this.#code(), {
        cause: error,
      });
    });
    throw new Failure(
      id ? `interrupted before its process ran; container ${id} was ${done}` : 'interrupted; no container was made',
      this.#code(),
    );
  }
}
