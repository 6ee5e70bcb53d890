/** Draws the values of a lesson, so that an answer cannot be copied, and puts them into its commands and checks. */
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { fillIn, type Values } from '../../runtime/template/fill-in.ts';
import type { Lesson } from '../format.ts';

const names = ['depot', 'mill', 'forge', 'harbour', 'bakery', 'kiosk', 'ferry', 'archive', 'quarry', 'garage'] as const;
const oneOf = <T>(list: readonly T[]): T => list[randomInt(list.length)]!;

/**
 * `own`: what the learner makes is named after it, and is removed with the lesson. `machine`: the name of a challenge's
 * container, which is `own`. `dir`: the practice directory, if the lesson has files. The rest by the names of `vary`.
 */
export function draw({ challenge, files, vary }: Lesson, execRoot: string): Record<string, string> {
  const own = `${oneOf(names)}-${randomBytes(2).toString('hex')}`;
  return {
    own,
    ...(challenge && { machine: own }),
    ...(files && { dir: join(execRoot, 'practice', own) }),
    ...Object.fromEntries(Object.entries(vary).map(([name, values]) => [name, oneOf(values)] as const)),
  };
}

/** The lesson with `{{NAME}}` replaced in what is run, written and checked. The texts keep it for their reader. */
export function filled(lesson: Lesson, values: Values | undefined): Lesson {
  if (!values) return lesson;
  const put = (value: unknown): unknown =>
    typeof value === 'string'
      ? fillIn(value, values)
      : Array.isArray(value)
        ? value.map(put)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, put(one)]))
          : value;
  const { machine, tasks, challenge, files } = lesson;
  return { ...lesson, ...(put({ machine, tasks, challenge, files }) as Partial<Lesson>) };
}

/**
 * True for what a lesson removes when it is left: what has the drawn name, or begins with it and `-`. In a challenge
 * that are its container, the containers beside it and its twin.
 */
export function belongs(name: string, values: Values | undefined): boolean {
  const own = values?.['own'] ?? values?.['machine'];
  return own !== undefined && (name === own || name.startsWith(`${own}-`));
}
