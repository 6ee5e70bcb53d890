/**
 * Reads a recording from a file of unknown origin. Only the fields that an event may have are taken, and only with the
 * right types. The page shows all of it as text. Pure; throws Unreadable.
 */
import { type CallEvent, type Event, type Fact, factKinds, type Kept } from '../../runtime/journal/event.ts';
import { withPresentIds } from '../../runtime/journal/former-ids.ts';

export type Trouble = 'large' | 'other' | 'version' | 'event';
export class Unreadable extends Error {
  /** `at`: the number of the event */
  constructor(
    readonly trouble: Trouble,
    readonly at?: number,
  ) {
    super(trouble);
  }
}
export interface RunFile {
  name: string;
  made: number;
  events: readonly Event[];
}

/** Bytes. A recording of 100,000 events is half of this, and terminal output comes on top. */
export const FILE_MOST = 128 << 20;
const EVENTS_MOST = 200_000;

type Fields = Record<string, unknown>;
/** Thrown only inside a read; it becomes an Unreadable that names the event. */
class Wrong extends Error {}
const wrong = (): never => {
  throw new Wrong();
};
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : wrong();
const text = (value: unknown): string => (typeof value === 'string' ? value : wrong());
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : wrong());
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : wrong());
const oneOf =
  <T extends string>(...names: T[]) =>
  (value: unknown): T =>
    names.find((name) => name === value) ?? wrong();
const maybe = <K extends string, T>(key: K, value: unknown, read: (value: unknown) => T): { [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: read(value) } as { [P in K]?: T });

const kept = (value: unknown): Kept => {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return number(value);
  if (Array.isArray(value)) return value.map(text);
  const { hex, length } = fields(value);
  return { hex: /^[0-9a-f]*$/.test(text(hex)) ? (hex as string) : wrong(), length: number(length) };
};
const factKind = oneOf(...factKinds);
const facts = (value: unknown): Fact[] =>
  list(value).map((one) => {
    const { kind, key, value: now } = fields(one);
    return { kind: factKind(kind), key: text(key), value: now === null ? null : text(now) };
  });
const actor = oneOf('daemon', 'shim', 'stage');
const call = (e: Fields): Pick<CallEvent, 'actor' | 'name' | 'args'> => ({
  actor: actor(e['actor']),
  name: /^\w{1,40}$/.test(text(e['name'])) ? (e['name'] as string) : wrong(),
  args: list(e['args']).map(kept),
});

const phaseAt = oneOf('enter', 'done', 'failed', 'unwinding', 'unwound');
const stepAt = oneOf('start', 'done', 'failed', 'skipped', 'undo', 'undone');
const gateAt = oneOf('paused', 'resumed', 'aborted');

type Own<T> = T extends unknown ? Omit<T, 'seq' | 'time' | 'run' | 'step'> : never;
const readers: { [T in Event['type']]: (e: Fields) => Own<Extract<Event, { type: T }>> } = {
  phase: (e) => ({ type: 'phase', phase: text(e['phase']), at: phaseAt(e['at']) }),
  step: (e) => ({
    type: 'step',
    at: stepAt(e['at']),
    ...maybe('ns', e['ns'], number),
    ...maybe('error', e['error'], text),
  }),
  call: (e) => ({
    type: 'call',
    ...call(e),
    ret: number(e['ret']),
    ns: number(e['ns']),
    ...maybe('errno', e['errno'], text),
    ...maybe('note', e['note'], text),
    ...maybe('facts', e['facts'], facts),
    ...maybe('source', e['source'], text),
  }),
  http: (e) => ({
    type: 'http',
    method: text(e['method']),
    url: text(e['url']),
    status: number(e['status']),
    ns: number(e['ns']),
    ...maybe('error', e['error'], text),
  }),
  fact: (e) => ({ type: 'fact', facts: facts(e['facts']) }),
  state: (e) => ({ type: 'state', from: text(e['from']), to: text(e['to']) }),
  gate: (e) => ({ type: 'gate', at: gateAt(e['at']), ...maybe('next', e['next'], (next) => call(fields(next))) }),
  progress: (e) => ({
    type: 'progress',
    id: text(e['id']),
    status: text(e['status']),
    ...maybe('current', e['current'], number),
    ...maybe('total', e['total'], number),
  }),
  note: (e) => ({ type: 'note', text: text(e['text']) }),
};

/** `seq` is the event's position in the file. */
function eventOf(value: unknown, seq: number): Event {
  try {
    const e = fields(value);
    const type = text(e['type']);
    if (!Object.hasOwn(readers, type)) wrong();
    const run = typeof e['run'] === 'string' ? e['run'] : number(e['run']);
    return withPresentIds({
      seq,
      time: number(e['time']),
      run,
      ...maybe('step', e['step'], text),
      ...readers[type as Event['type']](e),
    });
  } catch (error) {
    throw error instanceof Wrong ? new Unreadable('event', seq) : error;
  }
}

/** Reads the HTML page of a recording, or the content of its element `recording` alone. */
export function readRunFile(content: string): RunFile {
  if (content.length > FILE_MOST) throw new Unreadable('large');
  const before = '<script type="application/json" id="recording">';
  const from = content.indexOf(before);
  const json = from < 0 ? content : content.slice(from + before.length, content.indexOf('</script>', from));
  let recording: Fields;
  let row: Fields;
  let events: unknown[];
  try {
    recording = fields(JSON.parse(json));
    row = fields(recording['row']);
    events = list(recording['events']);
  } catch {
    throw new Unreadable('other');
  }
  if (recording['format'] !== 1) throw new Unreadable('version');
  if (events.length > EVENTS_MOST) throw new Unreadable('large');
  const { name } = row;
  const made = recording['made'];
  return {
    name: typeof name === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name) ? name : '?',
    made: typeof made === 'number' && Number.isFinite(made) ? made : 0,
    events: events.map(eventOf),
  };
}
