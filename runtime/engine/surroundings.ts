import type { Container } from '../container/container.ts';
import type { MachineState } from '../container/life.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { Networks } from './networks.ts';
import type { ExecSession } from './exec-session.ts';
import type { ContainerRecord } from '../container/record.ts';

/** The part of Lifecycle that the restart policy needs. */
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

/** The engine, as a container sees it: it gets reports about the container. */
export interface Surroundings {
  event(container: Container, action: string, attributes?: Record<string, string>): void;
  network(container: Container, action: 'connect' | 'disconnect'): void;
  /** the same for one endpoint */
  endpoint(container: Container, endpoint: Endpoint, action: 'connect' | 'disconnect'): void;
  networks(): Networks;
  /** Throws ApiError 400 for an invalid name, 409 for one that is in use. */
  claim(name: string): void;
  /**
   * The container ended by itself or was stopped. The engine restarts or removes it by its policy, within this
   * transition.
   */
  exited(life: Life): void;
  removed(container: Container): void;
  execs: Map<string, ExecSession>;
}
