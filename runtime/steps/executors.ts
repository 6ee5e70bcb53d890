/** The executors, the preferred one first. */
import type { Container, Exec } from '../container/container.ts';
import type { Executor } from '../executor/driver.ts';
import { stage } from '../executor/stage/driver.ts';

export const executors: readonly Executor<Container, Exec>[] = [stage];
