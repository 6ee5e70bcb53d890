import type { TaskState } from '../../lessons/engine/state.ts';

/** The state of a task as a sign, because color alone is not enough (WCAG 1.4.1). */
export const signs: Record<TaskState['state'], string> = { waiting: '◷', open: '○', done: '✓', was: '◐' };
