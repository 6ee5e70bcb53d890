/** What belongs to every topic: who asks, and what an answerer is. */
import type { Lessons } from '../../../lessons/engine/lessons.ts';
import type { Engine } from '../../../runtime/engine/engine.ts';
import type { Check } from './checks.ts';
import type { Terminal } from './terminal.ts';
import type { Told } from '../../messages/messages.ts';

/** What an ask may do with the viewer that it came from. */
export interface Asker {
  readonly engine: Engine;
  /** throws 501 where there are none */
  readonly lessons: Lessons;
  /** of what is not an answer; left out where the viewer is too far behind, but for the journal */
  tell(message: Told): void;
  /** bytes that the viewer has not taken yet: beyond LIMITS.ahead only what must arrive is sent */
  ahead(): number;
  /** resolves when the viewer has taken what is on its way, or has gone */
  room(): Promise<void>;
  /** aborted when the viewer has gone */
  readonly gone: AbortSignal;
  follow(id: string, from: number): void;
  /** a free number, or 409 */
  terminal(number: number, tty: boolean): Terminal;
  resizing(number: number, resize: (rows: number, columns: number) => Promise<void>): void;
  resize(number: number, rows: number, columns: number): Promise<void>;
  detach(number: number): void;
}

/** A topic: what is asked for, and what is answered. */
export interface Topical {
  ask: object;
  answer: unknown;
}
type Checks<T> = { [F in keyof Required<T>]: Check<F extends keyof T ? T[F] : never> };
export interface Answerer<T extends Topical> {
  shape: Checks<T['ask']>;
  answer(asker: Asker, asked: T['ask']): Promise<T['answer']> | T['answer'];
}
/** The answerers of an interface of topics. */
export type Answerers<A> = { [T in keyof A]: A[T] extends Topical ? Answerer<A[T]> : never };
