/** What is known of an operation without its journal: one small file, replaced whole when its state changes. */
import type { Walkable } from './walkable.ts';

/** A pull on its own has its own journal; the others share their container's. */
export type Kind = 'pull' | 'start' | 'exec' | 'pause' | 'unpause' | 'remove';
/** In the journal's `state` events, too. */
export type OperationState = 'begun' | 'pulling' | 'unwinding' | 'done' | 'failed';
/** The state that an operation of this kind is in while its steps are made. */
export const underWay: Partial<Record<Kind, OperationState>> = { pull: 'pulling' };
export const isOver = (state: OperationState): boolean => state === 'done' || state === 'failed';

/** What it is about. Without an `id` there is nothing whose removal would end the journal's life. */
export interface Subject {
  kind: 'image' | 'container';
  name: string;
  id?: string;
}

export interface OperationRecord {
  id: string;
  kind: Kind;
  subject: Subject;
  /** the operation that it is a part of */
  parent?: string;
  state: OperationState;
  /** ms since 1970 */
  created: number;
  ended?: number;
  /** why it failed, in the client's words */
  error: string;
  /** what its undo could not take back, a line each */
  left?: readonly string[];
  platform?: string;
}

export interface OperationHandle extends Walkable {
  readonly record: Readonly<OperationRecord>;
}

const kinds: readonly unknown[] = Object.keys(underWay);

/** Undefined for what is none: a file may be damaged, or of another version. */
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

/** One that belongs to a container, as it is kept in that container's record. */
export interface ContainerOperation extends OperationRecord {
  /** position of its first event in the container's journal, and of the first that is no longer its own */
  first: number;
  end?: number;
  /** what marks its events: the number of a start, 'exec-…' */
  run: number | string;
}
