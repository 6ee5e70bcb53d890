import type { TaskState } from '../../lessons/engine/state.ts';

/** How it is with a task, where color alone would say it. */
export const signs: Record<TaskState['state'], string> = { waiting: '◷', open: '○', done: '✓', was: '◐' };
