/**
 * A check is data: `{ overlay.upperHas: /etc/passwd }`, a name and its argument. Several names in one object all have
 * to hold.
 *
 *   all: [check, …]    any: [check, …]    not: check
 *   apart: [check, …]  each holds of some container, not necessarily the same
 *
 * A check holds when there is a container of which all of it is true: the lesson's own machine, or any that was created
 * after the lesson was opened, by whomever. What a check may look at is a Look: the journal, and what the kernel says
 * now.
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { ContainerRequest } from '../../runtime/request/container-request.ts';
import type { Shape } from './shape.ts';

export type Check =
  { name: string; arg: unknown } | { all: Check[] } | { any: Check[] } | { not: Check } | { apart: Check[] };

export type Words = { en: string; ru: string };

/** One container as a check sees it. Everything is read when it is asked for, once in a round. */
export interface Subject {
  id: string;
  name: string;
  request: ContainerRequest;
  state: {
    status: string;
    machine: string;
    pid: number;
    exitCode: number;
    oomKilled: boolean;
    startedAt: number;
    runs: number;
  };
  removed: boolean;
  /** since the lesson was opened, or since the tasks before this one were done */
  events: readonly Event[];
  frame(): Frame;
  upper(path: string): Promise<'file' | 'directory' | 'link' | 'whiteout' | 'opaque' | 'other' | undefined>;
  lower(path: string): Promise<boolean>;
  /** lines that were typed at a prompt, and everything that was shown, since the task may be done */
  typed(): readonly string[];
  shown(): string;
  layers(): number;
  /** of its cgroup, as the host numbers them */
  pids(): Promise<number[]>;
  cgroupDir(controller: string): string | undefined;
  /** of a counter that says `now`, how much of it has come since the task may be done */
  grown(counter: string, now: number): Promise<number>;
}

export type DaemonsEnd = 'killed' | 'asked';

/** A round's view of the machine. */
export interface Look {
  subject: Subject | undefined;
  subjects: readonly Subject[];
  /** of each question that was answered rightly */
  quiz: ReadonlySet<number>;
  questions: number;
  /** how the daemon ended that had the lesson before this one */
  daemonEnded: DaemonsEnd | undefined;
  /** pids of the host that are in no container of this daemon */
  strangers(): readonly number[];
  rules(): Promise<string>;
}

export interface CheckKind<A = unknown> {
  arg: Shape<A>;
  /** for the table and the page */
  says(arg: A): Words;
  /** `look.subject` is set unless `host`. */
  holds(arg: A, subject: Subject, look: Look): boolean | Promise<boolean>;
  /** about the machine, not about a container */
  host?: true;
  /** not known from the journal: asked of the kernel while somebody watches */
  live?: true;
}
export type Family = Record<string, CheckKind>;
/** Ties the argument's type to what is done with it. */
export const kind = <A>(check: CheckKind<A>): CheckKind => check as CheckKind;
