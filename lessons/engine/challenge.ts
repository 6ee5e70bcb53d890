/** Draws the values of a challenge, so that an answer cannot be copied, and puts them into its commands and checks. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Lesson } from '../format.ts';

const names = ['depot', 'mill', 'forge', 'harbour', 'bakery', 'kiosk', 'ferry', 'archive', 'quarry', 'garage'] as const;
const oneOf = <T>(list: readonly T[]): T => list[randomInt(list.length)]!;

/** `machine`: the container's name; the rest by the names of `vary`. A lesson that is no challenge has no values. */
export function draw({ challenge }: Lesson): Record<string, string> | undefined {
  if (!challenge) return undefined;
  const drawn = Object.entries(challenge.vary).map(([name, values]) => [name, oneOf(values)] as const);
  return { machine: `${oneOf(names)}-${randomBytes(2).toString('hex')}`, ...Object.fromEntries(drawn) };
}

/** The lesson with `{{NAME}}` replaced in what is run and checked. The texts keep `{{machine}}` for their reader. */
export function filled(lesson: Lesson, values: Record<string, string> | undefined): Lesson {
  if (!lesson.challenge || !values) return lesson;
  const { machine, tasks, challenge } = lesson;
  const text = JSON.stringify({ machine, tasks, challenge });
  const put = text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
  return { ...lesson, ...(JSON.parse(put) as Pick<Lesson, 'tasks' | 'challenge'>) };
}

/**
 * True for the challenge's container, the containers beside it and its twin; also for one that the learner has made in
 * their place.
 */
export const belongs = (name: string, values: Record<string, string> | undefined): boolean =>
  values !== undefined && (name === values['machine'] || name.startsWith(`${values['machine']}-`));
