/**
 * The events in a container's journal, one JSON object a line. The terminal's step view, the browser, the lessons'
 * checks and the tests all read these, and nothing else, about what happened.
 */

export const factKinds = [
  'ns',
  'mount',
  'cgroup',
  'link',
  'address',
  'route',
  'nft',
  'lease',
  'port',
  'process',
  'file',
  'image',
  'root',
  'security',
  'upper',
  'build',
] as const;

/** A property of the container that holds from this event on. `value: null` ends it. */
export interface Fact {
  /**
   * ns: inode of a namespace; mount: row by target; cgroup: file by path; link, address, route, nft, lease, port,
   * process, file, image; upper: see runtime/storage/overlay2/upper.ts; build: see runtime/steps/build/facts.ts.
   */
  kind: (typeof factKinds)[number];
  key: string;
  value: string | null;
}

interface Common {
  /** position in the journal, from 0 */
  seq: number;
  /** milliseconds since 1970, with a fraction */
  time: number;
  /** which start of the container, counted from 1; for an exec 'exec-<id>' */
  run: number | string;
  step?: string;
}
/** An argument in the journal: bytes as hexadecimal digits, cut at 512 bytes. */
export type Kept = number | string | null | readonly string[] | { hex: string; length: number };

export interface PhaseEvent extends Common {
  type: 'phase';
  phase: string;
  at: 'enter' | 'done' | 'failed' | 'unwinding' | 'unwound';
}
export interface StepEvent extends Common {
  type: 'step';
  at: 'start' | 'done' | 'failed' | 'skipped' | 'undo' | 'undone';
  ns?: number;
  error?: string;
}
export interface CallEvent extends Common {
  type: 'call';
  actor: 'daemon' | 'shim' | 'stage';
  name: string;
  args: Kept[];
  ret: number;
  errno?: string;
  ns: number;
  note?: string;
  facts?: Fact[];
  /** the source line that made the call, below runtime/: 'executor/stage/init/root.ts:31' */ source?: string;
}
export interface HttpEvent extends Common {
  type: 'http';
  method: string;
  url: string;
  status: number;
  ns: number;
  error?: string;
}
export interface FactEvent extends Common {
  type: 'fact';
  facts: Fact[];
}
export interface StateEvent extends Common {
  type: 'state';
  from: string;
  to: string;
}
export interface GateEvent extends Common {
  type: 'gate';
  at: 'paused' | 'resumed' | 'aborted';
  next?: { name: string; actor: string; args: Kept[] };
}
export interface ProgressEvent extends Common {
  type: 'progress';
  id: string;
  status: string;
  current?: number;
  total?: number;
}
export interface OtherEvent extends Common {
  type: 'note';
  text: string;
}

export type Event =
  PhaseEvent | StepEvent | CallEvent | HttpEvent | FactEvent | StateEvent | GateEvent | ProgressEvent | OtherEvent;
type Loose<T> = T extends unknown ? Omit<T, 'seq' | 'time' | 'run'> & { time?: number } : never;
/** An event without number. Without a time, the journal sets the present one. */
export type NewEvent = Loose<Event>;
