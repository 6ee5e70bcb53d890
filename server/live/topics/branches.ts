/**
 * Topics for several runs: what can be left out of one, another journal to compare with, and the rerun of a container.
 */
import { bundleRerunOf, rerunOf } from '../../../runtime/container/rerun.ts';
import { omissions, type Omission } from '../../../runtime/container/leave-out.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import type { Event } from '../../../runtime/journal/event.ts';
import { walkable } from '../../../runtime/engine/find-walkable.ts';
import { must, optional, text, truth } from '../ask/checks.ts';
import { LIMITS } from '../ask/limits.ts';
import type { Answerers, Asker } from '../ask/topic.ts';

export interface BranchAsks {
  /** the values of `run --leave-out` */
  omissions: { ask: object; answer: Omitted[] };
  /** the whole journal as it is now, sent as `journal` messages with this key; the answer comes after them */
  journal: { ask: { id: string; key: number }; answer: { events: number } };
  /** a new run with the same arguments that is held before this step; `follow` as in `run` */
  again: { ask: { id: string; at: string; follow?: boolean }; answer: { id: string } };
}
export type Omitted = Omit<Omission, 'change'>;

const BATCH = 2000;

async function sendJournal(asker: Asker, id: string, key: number): Promise<{ events: number }> {
  let batch: Event[] = [];
  let events = 0;
  const flush = () => {
    events += batch.length;
    if (batch.length) asker.tell({ type: 'journal', key, events: batch });
    batch = [];
  };
  for await (const event of walkable(asker.engine, id).journal(false, asker.gone)) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    flush();
    if (asker.ahead() > LIMITS.ahead) await asker.room();
    if (asker.gone.aborted) break;
  }
  flush();
  return { events };
}

async function again(asker: Asker, { id, at, follow }: BranchAsks['again']['ask']): Promise<{ id: string }> {
  const { engine } = asker;
  const { container } = engine.container(id);
  const handle = container.bundle
    ? await engine.createFromBundle(container.bundle.dir, bundleRerunOf(container, at))
    : await engine.create(rerunOf(container, at), { pull: 'missing' });
  // when the store has the image already, nothing is fetched: then the run is held after the pull
  const breakpoints = at.startsWith('pull.') ? [at, 'create'] : [at];
  if (follow) asker.follow(handle.container.id, 0);
  // errors are in the journal
  handle.start({ mode: 'run', breakpoints }).catch(() => undefined);
  return { id: handle.container.id };
}

const steps = new Set(phases.flatMap((phase) => phase.steps.map((step) => step.id)));

export const branchTopics: Answerers<BranchAsks> = {
  omissions: {
    shape: {},
    answer: () => omissions.map(({ id, title, see, steps: changed }) => ({ id, title, see, steps: changed })),
  },
  journal: {
    shape: { id: text, key: must<number>((v) => Number.isSafeInteger(v), 'a number') },
    answer: (asker, { id, key }) => sendJournal(asker, id, key),
  },
  again: {
    shape: { id: text, at: must<string>((v) => steps.has(v as string), 'a step'), follow: optional(truth) },
    answer: again,
  },
};
