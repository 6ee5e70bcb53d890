/** A container with the real gate and the real journal, but with steps that only log their calls. */
import type { RequestListener, Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../../runtime/journal/journal.ts';
import type { NewEvent } from '../../runtime/journal/event.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import type { SyscallName, Value } from '../../runtime/syscalls/syscalls.ts';
import type { GateCommand, GateOptions } from '../../runtime/engine/engine.ts';
import { Gate, Position } from '../../runtime/operation/gate.ts';
import { badParameter } from '../../runtime/errors/api-error.ts';
import { runPhase, unwind, type Run } from '../../runtime/operation/run-phase.ts';
import type { Phase, Step } from '../../runtime/container/step.ts';
import { createDockerServer } from '../../server/docker/app.ts';
import { FakeContainer } from '../server/fake-container.ts';
import { FakeEngine } from '../server/fake-engine.ts';

type Call = readonly [SyscallName, ...Value[]];
const step = (id: string, title: string, explain: string, ...calls: Call[]): Step<SteppedContainer> => ({
  id,
  title,
  explain,
  do: async (_, c) => {
    for (const call of calls) await c.call(...call);
  },
  undo: async () => undefined,
});
const phases: readonly Phase<SteppedContainer>[] = [
  {
    id: 'create',
    title: 'Create',
    steps: [
      step(
        'create.cgroup',
        'Make the cgroup',
        'A cgroup holds the limits. Without it, nothing is limited.',
        ['mkdirat', -100, '/sys/fs/cgroup/x', 0o755],
        ['write_file', '/sys/fs/cgroup/x/pids.max', 1, 0, '100\n'],
      ),
      step('create.uts', 'A host name of its own', 'See `uts_namespaces(7)`.', ['unshare', 0x4000000]),
    ],
  },
  {
    id: 'init',
    title: 'Execute',
    steps: [step('init.pivot-root', 'Change the root', 'pivot_root swaps the roots.', ['pivot_root', '.', '.'])],
  },
  {
    id: 'exit',
    title: 'Exit',
    steps: [step('exit.reap', 'Take the exit status', 'Somebody must wait for the process.', ['getpid'])],
  },
];

export class SteppedContainer extends FakeContainer {
  readonly log = Journal.inMemory();
  readonly #gate = new Gate((event) => void this.log.append(event));
  readonly #run: Run<SteppedContainer> = {
    kernel: {} as Kernel,
    gate: this.#gate,
    journal: this.log,
    container: this,
    at: new Position(),
    current: undefined,
    beside: () => this.#run,
  };
  #state = 'created';

  #to(to: string): void {
    this.log.append({ type: 'state', from: this.#state, to });
    this.#state = to;
  }
  async call(name: SyscallName, ...args: Value[]): Promise<void> {
    await this.#gate.beforeCall({ actor: 'stage', name, args });
    this.log.append({
      type: 'call',
      actor: 'stage',
      name,
      args: args as string[],
      ret: 0,
      ns: 31_000,
      ...(this.#run.current && { step: this.#run.current }),
      ...(name === 'unshare' && { facts: [{ kind: 'ns', key: 'uts', value: 'uts:[42]' }] }),
    } as NewEvent);
  }

  override async start(options?: GateOptions): Promise<void> {
    if (options) this.#gate.arm(options);
    try {
      for (const [phase, state] of [
        [phases[0]!, 'creating'],
        [phases[1]!, 'starting'],
      ] as const) {
        this.#to(state);
        await runPhase(this.#run, phase);
      }
    } catch (error) {
      this.#to('unwinding');
      await unwind(this.#run, phases.slice(0, 2));
      this.#to('failed');
      this.process.fail();
      throw badParameter((error as Error).message);
    }
    await super.start();
    this.#to('running');
  }
  override wait(condition: 'not-running' | 'next-exit' | 'removed') {
    return super.wait(condition).then(async (answer) => {
      this.#to('exiting');
      await runPhase(this.#run, phases[2]!);
      this.#to('exited');
      return answer;
    });
  }
  override gate = (command: GateCommand) => this.#gate.command(command);
  override journal = (follow: boolean, signal?: AbortSignal) => this.log.read(follow, signal);
  override inspectLive = async () => [{ title: 'Namespaces', lines: ['uts   uts:[42]   host uts:[1]'] }];
}

class SteppedEngine extends FakeEngine {
  override async create(...args: Parameters<FakeEngine['create']>): Promise<FakeContainer> {
    const { container } = await super.create(...args);
    const stepped = new SteppedContainer(this, container.id, container.name, container.request, container.image!);
    this.map.set(container.id, stepped);
    return stepped;
  }
}

/** The real server in front of these containers; the step list is the containers' own. */
export class SteppedServer {
  readonly engine = new SteppedEngine();
  readonly dir = mkdtempSync('/tmp/drydock-stepped-');
  readonly socket = join(this.dir, 's');
  readonly #server: Server;

  constructor() {
    this.#server = createDockerServer(this.engine);
    const answers = this.#server.listeners('request') as RequestListener[];
    this.#server.removeAllListeners('request');
    this.#server.on('request', (request, response) => {
      if (request.url !== '/drydock/phases')
        return answers.forEach((answer) => answer.call(this.#server, request, response));
      response.end(
        JSON.stringify(
          phases.map(({ id, title, steps }) => ({
            id,
            title,
            steps: steps.map((one) => ({ id: one.id, title: one.title, explain: one.explain })),
          })),
        ),
      );
    });
    this.#server.listen(this.socket);
  }
  async close(): Promise<void> {
    await this.engine.close();
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
