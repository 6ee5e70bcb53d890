/** A learner played by a test: opens a lesson over the socket, types into its terminal, and follows its state. */
import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillIn, valuesOf } from '../../runtime/template/fill-in.ts';
import type { LessonState, TaskState } from '../../lessons/engine/state.ts';
import type { Act } from '../../lessons/format.ts';
import { hasCode } from '../../runtime/kernel/errors.ts';
import { Screen } from '../cli/screen.ts';
import { drydock, type Daemon } from '../e2e/daemon.ts';
import { HostShell } from './host-shell.ts';
import { until } from '../until.ts';

export class Taking {
  state!: LessonState;
  /** when each task was first seen done */
  readonly seen = new Map<string, number>();
  #response: IncomingMessage | undefined;
  #left = false;
  #inside: Screen | undefined;
  #outside: HostShell | undefined;

  constructor(
    readonly daemon: Daemon,
    readonly lesson: string,
    readonly learner = 'tester',
  ) {}

  #path = (rest: string): string =>
    `/drydock/lessons/${this.lesson}${rest}?learner=${encodeURIComponent(this.learner)}`;

  async post<T>(rest: string, body?: object): Promise<T> {
    // Between two daemons no daemon listens.
    const { status, body: text } = await until('a daemon answers', () =>
      this.daemon.api('POST', this.#path(rest), body).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT', 'ECONNREFUSED')) throw error;
        return undefined;
      }),
    );
    if (status >= 300) throw new Error(`${rest}: ${status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  async open(): Promise<this> {
    this.state = await this.post<LessonState>('/open');
    await this.#follow();
    return this;
  }
  /** Follows again when the daemon has ended and another one answers. */
  async #follow(): Promise<void> {
    const response = (this.#response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath: this.daemon.socket, path: this.#path('/follow'), agent: false }, resolve)
        .on('error', reject)
        .end();
    }));
    response.on('error', () => undefined).on('close', () => void this.#again());
    createInterface({ input: response })
      .on('line', (line) => {
        if (response.statusCode !== 200) return;
        this.state = JSON.parse(line) as LessonState;
        for (const { id, state } of this.state.tasks)
          if (state === 'done' && !this.seen.has(id)) this.seen.set(id, Date.now());
      })
      .on('error', () => undefined);
  }
  async #again(): Promise<void> {
    // The terminal was attached through the daemon that has ended.
    this.#inside?.close();
    this.#inside = undefined;
    while (
      !this.#left &&
      !(await this.#follow().then(
        () => true,
        () => false,
      ))
    )
      await sleep(50);
  }

  get machine(): string {
    return this.state.machine?.name ?? '';
  }
  task(id: string): TaskState {
    return this.state.tasks.find((task) => task.id === id)!;
  }
  done = (id: string): boolean => this.task(id).state === 'done';

  /** The container's own terminal, attached like `drydock attach`, when the container runs. */
  async #terminal(): Promise<Screen> {
    if (this.#inside) return this.#inside;
    const { id } = this.state.machine!;
    await until(
      `${this.machine} runs`,
      async () => (await this.daemon.json<{ State: { Running: boolean } }>(`/containers/${id}/json`)).State.Running,
    );
    const screen = (this.#inside = new Screen(this.daemon.env));
    screen.command(`${process.execPath} ${drydock} attach ${id}`);
    screen.key('Enter');
    await screen.see(/[#$] *$/m);
    return screen;
  }
  async #shell(): Promise<HostShell> {
    return (this.#outside ??= await HostShell.open(this.daemon));
  }

  async act(act: Act): Promise<void> {
    if ('gate' in act) {
      // A running container is not held by the gate.
      if (act.gate === 'continue' && this.state.machine?.status === 'running') return;
      await until(
        'the run stands at the gate',
        async () =>
          (await this.daemon.api('POST', `/drydock/containers/${this.state.machine!.id}/gate`, { command: act.gate }))
            .status === 204,
      );
    } else if ('type' in act) (await this.#terminal()).command(fillIn(act.type, valuesOf(this.state)));
    else await (await this.#shell()).line(fillIn(act.host, valuesOf(this.state)));
  }
  async acts(acts: readonly Act[]): Promise<void> {
    for (const act of acts) await this.act(act);
  }

  screens = (): string => [this.#inside, this.#outside].map((screen) => screen?.text() ?? '').join('\n────\n');

  async leave(): Promise<void> {
    this.#left = true;
    this.#response?.destroy();
    for (const screen of [this.#inside, this.#outside]) screen?.close();
    this.#inside = this.#outside = undefined;
    await this.post('/leave').catch(() => undefined);
  }
}
