/** What each ask does, and the shape that it has to have: what comes from a browser is checked before it is believed. */
import { parseDetachKeys } from '../../runtime/machine/detach-keys.ts';
import type { ContainerHandle, Engine, GateCommand } from '../../runtime/machine/engine.ts';
import { badParameter, conflict } from '../../runtime/machine/refusal.ts';
import { syscalls } from '../../runtime/kernel/syscalls.ts';
import { phases } from '../../runtime/steps/phases.ts';
import { actions, type Action, type Asks, type Evidence, type Topic } from './protocol.ts';
import type { Terminal } from './terminal.ts';
import { parseRunLine } from './run-line.ts';

/** What an ask may do with the viewer that it came from. */
export interface Asker {
  readonly engine: Engine;
  follow(id: string, from: number): void;
  /** a free number, or 409 */
  terminal(number: number, tty: boolean): Terminal;
  resizing(number: number, resize: (rows: number, columns: number) => Promise<void>): void;
  resize(number: number, rows: number, columns: number): Promise<void>;
  detach(number: number): void;
}

type Check<T> = (value: unknown) => T;
const must = <T>(good: (value: unknown) => boolean, what: string): Check<T> => (value) => {
  if (!good(value)) throw badParameter(`${what} is needed`);
  return value as T;
};
const whole = (most: number) => must<number>((v) => Number.isInteger(v) && (v as number) >= 0 && (v as number) <= most, `a whole number up to ${most}`);
const text = must<string>((v) => typeof v === 'string' && v.length <= 8192 && !v.includes('\0'), 'a text');
const texts = must<string[]>((v) => Array.isArray(v) && v.length <= 256 && v.every((one) => typeof one === 'string' && !one.includes('\0')), 'a list of texts');
const truth = must<boolean>((v) => typeof v === 'boolean', 'true or false');
const optional = <T>(check: Check<T>): Check<T | undefined> => (value) => (value === undefined ? undefined : check(value));

const places = new Set<string>([...phases.flatMap(({ id, steps }) => [id, ...steps.map((step) => step.id)]), ...Object.keys(syscalls)]);
const place: Check<string> = (value) => {
  if (!places.has(text(value))) throw badParameter(`no step, phase or system call is called ${JSON.stringify(value)}`);
  return value as string;
};
const gateCommand: Check<GateCommand> = (value) => {
  const { command, at } = (value ?? {}) as { command?: unknown; at?: unknown };
  if (['next', 'into', 'continue', 'abort'].includes(command as string)) return { command } as GateCommand;
  if (command === 'break' || command === 'clear') return { command, at: place(at) };
  throw badParameter('a command of the gate is needed: next, into, continue, abort, break or clear');
};
const action = must<Action>((v) => (actions as readonly unknown[]).includes(v), `one of ${actions.join(', ')}`);
const placesList: Check<string[]> = (value) => texts(value).map(place);

type Checks<T> = { [F in keyof Required<T>]: Check<F extends keyof T ? T[F] : never> };
interface Answerer<T extends Topic> { shape: Checks<Asks[T]['ask']>; answer(asker: Asker, asked: Asks[T]['ask']): Promise<Asks[T]['answer']> | Asks[T]['answer'] }

const streams = { stdin: true, stdout: true, stderr: true, stream: true };
/** The page has tabs: no key of a terminal leaves it. */
const noDetach = 'ctrl-^,ctrl-^,ctrl-^,ctrl-^';
parseDetachKeys(noDetach);

const acts: Record<Action, (engine: Engine, id: string) => Promise<void>> = {
  start: (engine, id) => engine.container(id).start(),
  stop: (engine, id) => engine.container(id).stop(),
  kill: (engine, id) => engine.container(id).kill(),
  pause: (engine, id) => engine.container(id).pause(),
  unpause: (engine, id) => engine.container(id).unpause(),
  remove: (engine, id) => engine.container(id).remove({ force: true }),
};

/** What went wrong is in the journal and in the container's state; it has been told there. */
const inJournal = () => undefined;

/** However the coupling ends, the viewer hears of it: a start that fails leaves the stream open. */
async function couple(stream: Terminal, attach: () => Promise<unknown>): Promise<void> {
  try {
    await attach();
  } catch {
    // told in the journal, or by the refusal of the ask
  } finally {
    stream.end();
  }
}

/** While it stands, a look asks the stage, which answers one question at a time: the run goes on when the look is over. */
const looking = new WeakMap<ContainerHandle, Promise<unknown>>();
function look(handle: ContainerHandle, step?: string): Promise<Evidence[]> {
  const looked = (looking.get(handle) ?? Promise.resolve()).catch(() => undefined).then(() => handle.inspectLive(step));
  looking.set(handle, looked);
  return looked;
}

export const answerers: { [T in Topic]: Answerer<T> } = {
  follow: { shape: { id: text, from: whole(1e9) }, answer: (asker, { id, from }) => (asker.follow(id, from), {}) },
  run: {
    shape: { line: text, step: truth, break: placesList },
    answer: async ({ engine }, asked) => {
      const { request, name, platform } = parseRunLine(asked.line);
      const handle = await engine.create(request, { pull: 'missing', ...(name && { name }), ...(platform && { platform }) });
      handle.start({ mode: asked.step ? 'step' : 'run', breakpoints: asked.break }).catch(inJournal);
      return { id: handle.container.id };
    },
  },
  gate: {
    shape: { id: text, command: gateCommand },
    answer: async ({ engine }, { id, command }) => {
      const handle = engine.container(id);
      await looking.get(handle)?.catch(() => undefined);
      handle.gate(command);
      return {};
    },
  },
  act: {
    shape: { id: text, action },
    answer: async ({ engine }, asked) => {
      await acts[asked.action](engine, asked.id);
      return {};
    },
  },
  inspect: { shape: { id: text, step: optional(text) }, answer: ({ engine }, { id, step }) => look(engine.container(id), step) },
  attach: {
    shape: { id: text, terminal: whole(255) },
    answer: (asker, { id, terminal }) => {
      const handle = asker.engine.container(id);
      if (handle.state.status === 'removing') throw conflict(`container ${id} is being removed`);
      const tty = handle.container.request.Tty ?? false;
      const stream = asker.terminal(terminal, tty);
      void couple(stream, () => handle.attach(stream, { ...streams, logs: true, detachKeys: noDetach }));
      asker.resizing(terminal, (rows, columns) => handle.resize(rows, columns));
      return { tty };
    },
  },
  exec: {
    shape: { id: text, terminal: whole(255), command: texts, rows: whole(1000), columns: whole(1000) },
    answer: async (asker, { id, terminal, command, rows, columns }) => {
      const exec = asker.engine.container(id).exec({ AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, Cmd: command });
      const stream = asker.terminal(terminal, true);
      void couple(stream, () => exec.attach(stream, { ...streams, logs: false, detachKeys: noDetach }));
      asker.resizing(terminal, (h, w) => exec.resize(h, w));
      await exec.start({ Tty: true, ConsoleSize: [rows, columns] });
      return { id: exec.id };
    },
  },
  resize: {
    shape: { terminal: whole(255), rows: whole(1000), columns: whole(1000) },
    answer: async (asker, { terminal, rows, columns }) => {
      await asker.resize(terminal, rows, columns);
      return {};
    },
  },
  detach: { shape: { terminal: whole(255) }, answer: (asker, { terminal }) => (asker.detach(terminal), {}) },
};

/** Only the fields that the ask has, each checked; 400 with the field's name. */
export function checked<T extends Topic>(topic: T, given: Record<string, unknown>): Asks[T]['ask'] {
  const shape = answerers[topic].shape as Record<string, Check<unknown>>;
  const fields = Object.entries(shape).map(([name, check]) => {
    try {
      return [name, check(given[name])];
    } catch (error) {
      throw badParameter(`${topic}: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Asks[T]['ask'];
}
