import type { Container } from '../container/container.ts';
import type { MachineState } from '../container/life.ts';
import type { ExecSession } from './exec-session.ts';
import type { ContainerRecord } from '../container/record.ts';

/** A container as its restart policy sees it: the part of Lifecycle that is needed for that. */
export interface Life {
  readonly container: Container;
  readonly record: ContainerRecord;
  readonly machine: MachineState;
  readonly underWay: boolean;
  readonly restartCanceled: boolean;
  readonly kept: boolean;
  restarting: boolean;
  begin(): Promise<void>;
}

/** Whom a container tells what became of it: the engine. */
export interface Surroundings {
  event(container: Container, action: string, attributes?: Record<string, string>): void;
  network(container: Container, action: 'connect' | 'disconnect'): void;
  /** Refusal 400 for what is no name, 409 for one that is taken. */
  claim(name: string): void;
  /** It ended by itself or was stopped; the engine restarts or removes it by its policy, within this transition. */
  exited(life: Life): void;
  removed(container: Container): void;
  execs: Map<string, ExecSession>;
}
