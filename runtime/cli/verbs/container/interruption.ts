/**
 * Ctrl-C while `run` makes a container. Until the process runs, the CLI handles SIGINT and SIGTERM itself and removes
 * what was made.
 *
 *   pull      the connection is cut, which ends the pull
 *   create    the answer is waited for, because only it says what to remove
 *   created   the container is removed, with and without --rm, because nothing has happened in it
 *   start     with --rm it is removed by force, else stopped; a gate that holds it lets go, and the steps are undone
 *   it runs   signals go to the process (see session.ts) or come from its terminal
 */
import { constants } from 'node:os';
import { containerPath, type Client } from '../../client/client.ts';
import { DaemonError, Failure, messageOf } from '../../failure/failure.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** The third signal exits at once, because a daemon may not answer. docker's client does the same. */
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

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  readonly #handle = (signal: NodeJS.Signals): void => {
    this.#signal ??= signal;
    if (++this.#count === ENOUGH) process.exit(this.#code());
    if (this.#count > 1) return;
    this.#aborter.abort();
    this.#takeBack().catch(() => undefined); // conclude() reports the error
  };

  #code = (): number => 128 + constants.signals[this.#signal ?? 'SIGINT'];

  created(id: string): void {
    this.#id = id;
    this.signal.throwIfAborted();
  }

  /** Starts the container, unless a signal came before. */
  async start(post: () => Promise<unknown>): Promise<void> {
    this.signal.throwIfAborted();
    this.#starting = true;
    await post();
    // the stop may have reached the daemon before the start did
    if (this.#signal && !this.rm) await this.#stop();
  }

  /** Stops handling signals. */
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

  /**
   * Ends an interrupted run: waits for the removal or the stop, and throws a Failure that says what was done. Does
   * nothing when no signal came.
   */
  async conclude(): Promise<void> {
    if (!this.#signal) return;
    const id = this.#id?.slice(0, 12);
    const done = this.#starting && !this.rm ? 'stopped' : 'removed';
    await this.#takeBack().catch((error: unknown) => {
      // --rm may have removed it first
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
