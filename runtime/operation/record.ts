/** The record of an operation, without its journal: one small file that is replaced at each change of state. */
import type { Walkable } from './walkable.ts';

/** Operations that have a journal of their own. */
const standalone = [
  'pull',
  'commit',
  'build',
  'save',
  'load',
  'verify',
  'push',
  'import',
  'volume-create',
  'volume-remove',
  'network-create',
  'network-remove',
] as const;
export type StandaloneKind = (typeof standalone)[number];
/** The other kinds use the journal of their container. A pull may be part of a container's start too. */
export type Kind =
  | StandaloneKind
  | 'start'
  | 'exec'
  | 'cp'
  | 'pause'
  | 'unpause'
  | 'checkpoint'
  | 'remove'
  | 'network-connect'
  | 'network-disconnect';
/** Also the states in the journal's `state` events. */
export type OperationState = 'begun' | 'pulling' | 'creating' | 'removing' | 'unwinding' | 'done' | 'failed';
/** The state of an operation of this kind while its steps run. */
export const underWay: Record<StandaloneKind, OperationState> & Partial<Record<Kind, OperationState>> = {
  pull: 'pulling',
  commit: 'creating',
  build: 'creating',
  save: 'creating',
  load: 'creating',
  verify: 'creating',
  push: 'creating',
  import: 'creating',
  'volume-create': 'creating',
  'volume-remove': 'removing',
  'network-create': 'creating',
  'network-remove': 'removing',
};
export const isOver = (state: OperationState): boolean => state === 'done' || state === 'failed';

/** What the operation is about. Without an `id` there is no removal that would remove the journal. */
export interface Subject {
  kind: 'image' | 'container' | 'volume' | 'network';
  name: string;
  id?: string;
}

export interface OperationRecord {
  id: string;
  kind: Kind;
  subject: Subject;
  /** the operation that this one is a part of */
  parent?: string;
  state: OperationState;
  /** ms since 1970 */
  created: number;
  ended?: number;
  /** why it failed, in the client's words */
  error: string;
  /** what its undo could not remove, one line each */
  left?: readonly string[];
  platform?: string;
}

export interface OperationHandle extends Walkable {
  readonly record: Readonly<OperationRecord>;
}

const kinds: readonly unknown[] = standalone;

/** Undefined for an invalid record: the file may be damaged, or from another version. */
export function readRecord(text: string): OperationRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<OperationRecord>;
    const whole =
      typeof value.id === 'string' &&
      kinds.includes(value.kind) &&
      typeof value.subject?.name === 'string' &&
      typeof value.state === 'string' &&
      typeof value.created === 'number';
    return whole ? ({ error: '', ...value } as OperationRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** An operation on a container, as it is kept in the container's record. */
export interface ContainerOperation extends OperationRecord {
  /** index of its first event in the container's journal; `end` is the index after its last one */
  first: number;
  end?: number;
  /** the mark of its events: the number of a start, or 'exec-…' */
  run: number | string;
}
