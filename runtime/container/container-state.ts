/** The states of container.machine.ts, and what a client is told of them. */

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
/** The states of container.machine.ts. */
export type MachineState =
  | 'created'
  | 'pulling'
  | 'creating'
  | 'layering'
  | 'networking'
  | 'executing'
  | 'running'
  | 'paused'
  | 'exiting'
  | 'exited'
  | 'unwinding'
  | 'failed'
  | 'removing'
  | 'removed';

export interface ContainerState {
  status: Status;
  machine: MachineState;
  pid: number;
  exitCode: number;
  oomKilled: boolean;
  error: string;
  /** ms since 1970, 0 when never */
  startedAt: number;
  finishedAt: number;
  restartCount: number;
}
