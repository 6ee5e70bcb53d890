/** The list of phases and steps, as the daemon reports it: GET /drydock/phases. */
import { meaningsOf } from '../../journal/former-ids.ts';
import { syscalls } from '../../syscalls/syscalls.ts';
import { stepOf } from '../../journal/step-id.ts';
import type { Client } from './client.ts';
import { Failure } from '../failure/failure.ts';

/** The gate's name for a request to a registry. */
const REQUEST = 'http';

export interface StepText {
  id: string;
  title: string;
  explain: string;
}
export interface PhaseText {
  id: string;
  title: string;
  steps: StepText[];
}

export class Lifecycle {
  readonly #steps: Map<string, StepText>;

  constructor(readonly phases: readonly PhaseText[]) {
    this.#steps = new Map(phases.flatMap(({ steps }) => steps).map((step) => [step.id, step]));
  }

  static fetch = async (client: Client): Promise<Lifecycle> =>
    new Lifecycle(await client.get<PhaseText[]>('/drydock/phases'));

  step(id: string): StepText {
    const text = this.#steps.get(stepOf(id));
    return text ? { ...text, id } : { id, title: id, explain: '' };
  }

  /** The phase of a step: the part of its id before the dot names it. */
  phaseOf(step: string): PhaseText | undefined {
    const id = step.split('.')[0];
    return this.phases.find((phase) => phase.id === id || phase.steps.some((one) => one.id === stepOf(step)));
  }

  /** The step of this id, also of one that it had in an earlier version. */
  known = (id: string): StepText | undefined => meaningsOf(id).flatMap((one) => this.#steps.get(one) ?? [])[0];

  /**
   * Returns `at` when it names a step, a phase or a system call, otherwise throws Failure (exit code 125) with similar
   * names.
   */
  breakpoint(at: string): string {
    const phases = this.phases.map(({ id }) => id);
    const [, , step = ''] = /^(undo:(?=.*#))?(.*?)(#[1-9]\d{0,3})?$/.exec(at) ?? [];
    if (
      this.known(stepOf(step)) ||
      meaningsOf(at).some((one) => phases.includes(one)) ||
      at in syscalls ||
      at === REQUEST
    )
      return at;
    const names = [...this.#steps.keys(), ...phases, ...Object.keys(syscalls), REQUEST];
    throw new Failure(`no step, phase or system call is called ${JSON.stringify(at)}${like(at, names)}`, 125);
  }

  /** The step that a person names, otherwise throws Failure with similar ids. */
  named(id: string): StepText {
    const step = this.known(id);
    if (step) return step;
    throw new Failure(`no such step: ${id}${like(id, [...this.#steps.keys()])}`);
  }
}

/** The end of a message about a name that is not one of `names`: similar ones, or where they are listed. */
function like(name: string, names: readonly string[]): string {
  const near = names.filter((one) => one.includes(name)).slice(0, 5);
  return near.length ? `: did you mean ${near.join(', ')}?` : '; `drydock phases` lists them';
}

/**
 * The first sentence of an explanation. The next sentence may begin with a system call's name in lower case, so every
 * full stop ends the sentence, except one after an abbreviation.
 */
export const firstSentence = (explain: string): string =>
  (/^[\s\S]*?(?<!\b(?:e\.g|i\.e|cf|vs|etc))[.!?]["')]?(?=\s|$)/.exec(explain.trim())?.[0] ?? explain.trim()).replace(
    /\s+/g,
    ' ',
  );
