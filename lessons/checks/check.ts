/**
 * A check is data: `{ overlay.upperHas: /etc/passwd }`, a name and its argument. Several names in one object must all
 * hold.
 *
 * all: [check, …]    any: [check, …]    not: check
 * apart: [check, …]  each holds of some container, not necessarily the same
 *
 * A check holds if there is one container for which all of it is true: the lesson's own container, or, for a task that
 * says `whose: other`, another one that was created after the lesson was opened, by any client. A check reads only a
 * Look: the journal, and what the kernel reports now.
 */
import type { HealthStatus } from '../../runtime/container/health.ts';
import type { Image } from '../../runtime/image/manifest/image.ts';
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { Endpoint } from '../../runtime/network/endpoint.ts';
import type { NetworkRecord } from '../../runtime/network/store/network-record.ts';
import type { ContainerRequest } from '../../runtime/request/container-request.ts';
import type { Entry } from '../../runtime/storage/overlay2/entry-at.ts';
import type { MountPoint } from '../../runtime/volume/mount-point.ts';
import type { Shape } from './shape.ts';

export type Check =
  { name: string; arg: unknown } | { all: Check[] } | { any: Check[] } | { not: Check } | { apart: Check[] };

export type Words = { en: string; ru: string };

/** One container as a check sees it. Each value is read on demand, once per round. */
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
  /** since the lesson was opened, or since the tasks named in `after` were done */
  events: readonly Event[];
  frame(): Frame;
  upper(path: string): Promise<'file' | 'directory' | 'link' | 'whiteout' | 'opaque' | 'other' | undefined>;
  lower(path: string): Promise<boolean>;
  /** lines that were typed at a prompt, and all output, since the task was open */
  typed(): readonly string[];
  shown(): string;
  layers(): number;
  /** addresses of the name servers in its resolv.conf */
  nameservers(): string[];
  endpoints(): readonly Endpoint[];
  mounts(): readonly MountPoint[];
  health(): HealthStatus | undefined;
  /** number of files that its log consists of */
  logFiles(): number;
  /** what its process sees at a path now */
  inside(path: string): Promise<{ type: string; owner: number } | undefined>;
  /** pids of its cgroup, as the host numbers them */
  pids(): Promise<number[]>;
  cgroupDir(controller: string): string | undefined;
  /** by how much a counter with the value `now` has grown since the task was open */
  grown(counter: string, now: number): Promise<number>;
}

export type DaemonsEnd = 'killed' | 'asked';

/** A build that has ended: its instructions by what the look-up in the cache found. */
export interface BuildSeen {
  failed: boolean;
  kept: string[];
  ran: string[];
}

/** An image that was written to an archive, read from one, or verified. */
interface ImageWork {
  failed: boolean;
  /** without registry and tag; of an archive that was refused none are known */
  images: string[];
}

/** What the engine has besides containers. Each is read on demand. */
export interface Things {
  network(name: string): NetworkRecord | undefined;
  volume(name: string): boolean;
  inVolume(name: string, path: string): Promise<Entry | undefined>;
  image(reference: string): Image | undefined;
  /** `seen`: the image shows the path; `layers`: in how many of its layers it lies */
  inImage(reference: string, path: string): Promise<{ seen: boolean; layers: number }>;
  /** for each finished push of this name: how many blobs were sent, because the registry had not got them */
  pushes(name: string): Promise<number[]>;
  /** builds of this name, without registry and tag, since the task was open */
  builds(name: string): Promise<BuildSeen[]>;
  /** those that have ended since the task was open */
  imageWork(kind: 'save' | 'load' | 'verify'): ImageWork[];
}

/** The machine's state in one round. */
export interface Look {
  subject: Subject | undefined;
  /** the lesson's own container, and all that were created after the lesson was opened */
  subjects: readonly Subject[];
  /** those of them of which the check may be true; absent: all */
  about?: readonly Subject[];
  /** numbers of the questions that were answered correctly */
  quiz: ReadonlySet<number>;
  questions: number;
  /** how the daemon ended that held this lesson before */
  daemonEnded: DaemonsEnd | undefined;
  /** pids of host processes that are in no container of this daemon */
  strangers(): readonly number[];
  rules(): Promise<string>;
  readonly things: Things;
}

export interface CheckKind<A = unknown> {
  arg: Shape<A>;
  /** for the table in lessons/README.md and the page */
  says(arg: A): Words;
  /** `look.subject` is set unless `host`. */
  holds(arg: A, subject: Subject, look: Look): boolean | Promise<boolean>;
  /** about the machine, not about a container */
  host?: true;
  /** not in the journal: the kernel is polled while a client follows the lesson */
  live?: true;
}
export type Family = Record<string, CheckKind>;
/** Ties the type of the argument to the functions that take it. */
export const kind = <A>(check: CheckKind<A>): CheckKind => check as CheckKind;
