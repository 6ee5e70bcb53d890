/** Topics of containers: run, move on, act and inspect. */
import type { Engine, GateCommand, GateOptions } from '../../../runtime/engine/engine.ts';
import type { InspectionSection } from '../../../runtime/journal/inspection-section.ts';
import type { Walkable } from '../../../runtime/operation/walkable.ts';
import { begunBy } from '../../../runtime/operation/walking.ts';
import { walkable } from '../../../runtime/engine/find-walkable.ts';
import { gateCommand, oneOf, optional, placesList, text, truth, whole } from '../ask/checks.ts';
import { parseLine } from '../ask/run-line.ts';
import type { Answerers } from '../ask/topic.ts';

export const actions = ['start', 'stop', 'kill', 'pause', 'unpause', 'remove'] as const;
export type Action = (typeof actions)[number];

export interface ContainerAsks {
  follow: { ask: { id: string; from: number }; answer: object };
  /**
   * `step`: hold before every step; `break`: hold before these steps, phases or system calls; `follow`: send its
   * journal from the first event on, without a separate ask
   */
  run: { ask: { line: string; step: boolean; break: string[]; follow?: boolean }; answer: { id: string } };
  gate: { ask: { id: string; command: GateCommand }; answer: object };
  act: { ask: { id: string; action: Action }; answer: object };
  /** with `step` what this step inspects, without it everything */
  inspect: { ask: { id: string; step?: string }; answer: InspectionSection[] };
}

const acts: Record<Action, (engine: Engine, id: string) => Promise<void>> = {
  start: (engine, id) => engine.container(id).start(),
  stop: (engine, id) => engine.container(id).stop(),
  kill: (engine, id) => engine.container(id).kill(),
  pause: (engine, id) => engine.container(id).pause(),
  unpause: (engine, id) => engine.container(id).unpause(),
  remove: (engine, id) => engine.container(id).remove({ force: true }),
};

/** Ignores an error that the journal and the container's state already show. */
const inJournal = () => undefined;

/**
 * While a run is held, an inspection asks the stage, which answers one question at a time. So inspections wait for each
 * other, and the run goes on only after them.
 */
const looking = new Map<string, Promise<unknown>>();
function look(of: Walkable, step?: string): Promise<InspectionSection[]> {
  const looked = (looking.get(of.id) ?? Promise.resolve()).catch(() => undefined).then(() => of.inspectLive(step));
  const over = () => void (looking.get(of.id) === looked && looking.delete(of.id));
  looking.set(of.id, looked);
  looked.then(over, over);
  return looked;
}

export const containerTopics: Answerers<ContainerAsks> = {
  follow: { shape: { id: text, from: whole(1e9) }, answer: (asker, { id, from }) => (asker.follow(id, from), {}) },
  run: {
    shape: { line: text, step: truth, break: placesList, follow: optional(truth) },
    answer: async (asker, asked) => {
      const { engine } = asker;
      const gate: GateOptions = { mode: asked.step ? 'step' : 'run', breakpoints: asked.break };
      const parsed = parseLine(asked.line);
      if ('pull' in parsed) {
        const { pull } = parsed;
        const { id } = await begunBy((walking) => engine.pull({ ...pull, ...walking, gate }));
        if (asked.follow) asker.follow(id, 0);
        return { id };
      }
      const { request, name, platform } = parsed.run;
      const handle = await engine.create(request, {
        pull: 'missing',
        ...(name && { name }),
        ...(platform && { platform }),
      });
      if (asked.follow) asker.follow(handle.container.id, 0);
      handle.start(gate).catch(inJournal);
      return { id: handle.container.id };
    },
  },
  gate: {
    shape: { id: text, command: gateCommand },
    answer: async ({ engine }, { id, command }) => {
      const of = walkable(engine, id);
      await looking.get(of.id)?.catch(() => undefined);
      of.gate(command);
      return {};
    },
  },
  act: {
    shape: { id: text, action: oneOf(actions) },
    answer: async ({ engine }, asked) => {
      await acts[asked.action](engine, asked.id);
      return {};
    },
  },
  inspect: {
    shape: { id: text, step: optional(text) },
    answer: ({ engine }, { id, step }) => look(walkable(engine, id), step),
  },
};
