/** RUNs that have failed and whose containers are kept: a shell runs in them, until the client says how to go on. */
import type { AfterFailure, FailedRun } from '../build/build.ts';
import { conflict, notFound } from '../errors/api-error.ts';
import type { Program } from '../request/container-request.ts';

interface KeptContainer {
  readonly state: { readonly status: string };
  setProgram(program: Program): void;
}
interface Held extends FailedRun {
  answer(answer: AfterFailure): void;
}

export class FailedRuns {
  readonly #held = new Map<string, Held>();

  constructor(private readonly container: (id: string) => KeptContainer) {}

  /** Resolves with the answer. `signal`: of the client, after which there is none. */
  hold(failed: FailedRun, signal: AbortSignal): Promise<AfterFailure> {
    const forget = () => void this.#held.delete(failed.container);
    signal.addEventListener('abort', forget, { once: true });
    return new Promise<AfterFailure>((answer) => this.#held.set(failed.container, { ...failed, answer })).finally(
      () => {
        forget();
        signal.removeEventListener('abort', forget);
      },
    );
  }

  #of(id: string): Held {
    const held = this.#held.get(id);
    if (!held) throw notFound(`no RUN of a build is held in the container ${JSON.stringify(id.slice(0, 64))}`);
    return held;
  }

  /** The container's next start runs a shell with a terminal. Throws ApiError 404, or 409 while one runs. */
  shell(id: string): void {
    const { shell, container } = this.#of(id);
    this.container(container).setProgram({ Cmd: [shell], Tty: true, OpenStdin: true });
  }

  /** Throws ApiError 404, or 409 while the shell runs. */
  answer(id: string, answer: AfterFailure): void {
    const held = this.#of(id);
    if (answer !== 'abort' && this.container(id).state.status === 'running')
      throw conflict('the shell in the container of the failed RUN still runs; leave it first');
    this.#held.delete(id);
    held.answer(answer);
  }
}
