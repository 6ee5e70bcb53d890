/** The types of all topics: the asker and the answerer. */
import type { Lessons } from '../../../lessons/engine/lessons.ts';
import type { Engine } from '../../../runtime/engine/engine.ts';
import type { Check } from './checks.ts';
import type { Terminal } from './terminal.ts';
import type { Told } from '../../messages/messages.ts';

/** What an answerer can do with the viewer that asked. */
export interface Asker {
  readonly engine: Engine;
  /** throws 501 when there are no lessons */
  readonly lessons: Lessons;
  /**
   * sends a message that is not an answer; except for the journal, messages are left out while the viewer is too far
   * behind
   */
  tell(message: Told): void;
  /** bytes that the viewer has not taken yet; beyond LIMITS.ahead only messages that must arrive are sent */
  ahead(): number;
  /** resolves when the viewer has taken what is on the way, or has gone */
  room(): Promise<void>;
  /** aborted when the viewer has gone */
  readonly gone: AbortSignal;
  follow(id: string, from: number): void;
  /** throws 409 when the number is in use */
  terminal(number: number, tty: boolean): Terminal;
  resizing(number: number, resize: (rows: number, columns: number) => Promise<void>): void;
  resize(number: number, rows: number, columns: number): Promise<void>;
  detach(number: number): void;
}

/** A topic: the fields of an ask, and its answer. */
export interface Topical {
  ask: object;
  answer: unknown;
}
type Checks<T> = { [F in keyof Required<T>]: Check<F extends keyof T ? T[F] : never> };
export interface Answerer<T extends Topical> {
  shape: Checks<T['ask']>;
  answer(asker: Asker, asked: T['ask']): Promise<T['answer']> | T['answer'];
}
/** The answerers for an interface of topics. */
export type Answerers<A> = { [T in keyof A]: A[T] extends Topical ? Answerer<A[T]> : never };
