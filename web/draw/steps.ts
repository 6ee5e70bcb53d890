/** The steps of a phase with their current state. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { stepOf } from '../../runtime/journal/step-id.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { lasting } from './amounts.ts';
import { runEvents } from './facts.ts';

export type StepMood = 'done' | 'active' | 'held' | 'failed' | 'skipped' | 'undone' | 'pending';
export interface StepMark {
  id: string;
  title: string;
  explain: string;
  mood: StepMood;
  /** the mood in words */ said: string;
  sign: string;
  lasted: string;
  /** duration relative to the longest step, 0 to 1 */ share: number;
  calls: number;
  seek?: number;
}

const signs: Record<StepMood, string> = {
  done: '✓',
  active: '▶',
  held: '❚❚',
  failed: '✗',
  skipped: '–',
  undone: '↶',
  pending: '○',
};
const after = {
  start: 'active',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  undo: 'active',
  undone: 'undone',
} as const;

export function stepsOf(
  { machine: words, amounts }: DrawWords,
  phase: PhaseText,
  frame: Frame,
  events: readonly Event[],
): StepMark[] {
  const mood = new Map<string, StepMood>();
  const ns = new Map<string, number>();
  const seek = new Map<string, number>();
  const calls = new Map<string, number>();
  const lived = runEvents(frame, events);
  for (const event of lived) {
    const id = stepOf(event.step ?? '');
    if (event.type === 'call') calls.set(id, (calls.get(id) ?? 0) + 1);
    if (event.type !== 'step') continue;
    // Undo events come for every step, also for those that never ran.
    if (event.at.startsWith('undo') && !mood.has(id)) continue;
    mood.set(id, after[event.at]);
    if (event.at === 'start') seek.set(id, event.seq);
    if (event.ns !== undefined && event.at === 'done') ns.set(id, event.ns);
  }
  if (frame.paused?.step) mood.set(stepOf(frame.paused.step), 'held');
  const over = new Set(lived.flatMap((event) => (event.type === 'phase' && event.at === 'done' ? [event.phase] : [])));
  const longest = Math.max(1, ...phase.steps.map(({ id }) => ns.get(id) ?? 0));
  return phase.steps.map(({ id, title, explain }) => {
    // A step that does not apply (`when`) is not in the journal.
    const now = mood.get(id) ?? (over.has(phase.id) ? 'skipped' : 'pending');
    const lasted = ns.get(id);
    const at = seek.get(id);
    return {
      id,
      title,
      explain,
      mood: now,
      said: words.stepMoods[now],
      sign: signs[now],
      lasted: lasted === undefined ? '' : lasting(lasted, amounts),
      share: (lasted ?? 0) / longest,
      calls: calls.get(id) ?? 0,
      ...(at !== undefined && { seek: at }),
    };
  });
}
