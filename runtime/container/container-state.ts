/** The state of a container, for clients. */
import type { Health } from './health.ts';
import type { MachineState } from './life.ts';

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
export interface ContainerState {
  status: Status;
  machine: MachineState;
  pid: number;
  exitCode: number;
  oomKilled: boolean;
  error: string;
  /** ms since 1970; 0 means never */
  startedAt: number;
  finishedAt: number;
  restartCount: number;
  /** absent when it never ran with a health check */
  health?: Health;
}
