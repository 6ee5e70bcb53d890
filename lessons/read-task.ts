/** Reads a task of a lesson's front matter. */
import { readCheck } from './checks/table.ts';
import type { Act, Task, Wrong } from './format.ts';
import type { Fields } from './fields.ts';

const gates: readonly unknown[] = ['next', 'into', 'continue'];

/**
 * A string is typed into the container's terminal; {host: …} runs in a shell on the host; {gate: …} is a command to the
 * gate; a list is done in order.
 */
function readActs(value: unknown): Act[] {
  if (Array.isArray(value)) return value.flatMap(readActs);
  if (typeof value === 'string' && value) return [{ type: value }];
  if (typeof value === 'object' && value !== null) {
    const { type, host, gate } = value as Record<string, unknown>;
    if (typeof type === 'string') return [{ type }];
    if (typeof host === 'string') return [{ host }];
    if (gates.includes(gate)) return [{ gate } as Act];
  }
  throw new Error(
    `a line to type, {host: line}, {gate: next|into|continue} or a list of these is needed, got ${JSON.stringify(value)}`,
  );
}

function readWrong(value: unknown, hints: number): Wrong {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('do' in value))
    return { acts: readActs(value) };
  const { do: acts, hint } = value as { do: unknown; hint?: unknown };
  if (hint !== undefined && !(Number.isInteger(hint) && (hint as number) >= 1 && (hint as number) <= hints))
    throw new Error(`hint is a number from 1 to ${hints}, got ${JSON.stringify(hint)}`);
  return { acts: readActs(acts), ...(hint !== undefined && { hint: hint as number }) };
}

const known = ['mode', 'whose', 'after', 'check', 'hints', 'solve', 'wrong'];

export interface ReadTask {
  task: Task;
  hints: string[];
}
/** `before`: the ids of the tasks above it; `hasMachine`: the lesson has a container of its own. */
export function readTask(
  fields: Fields,
  id: string,
  before: readonly string[],
  hasMachine: boolean,
  challenge = false,
): ReadTask | undefined {
  const at = (...more: (string | number)[]) => ['tasks', id, ...more];
  if (!/^[a-z][a-z0-9-]*$/.test(id)) fields.trouble(at(), 'the id of a task is small letters, digits and -');
  fields.only(at(), known);
  const mode = fields.read(at('mode'), (value = 'edge') => {
    if (value !== 'edge' && value !== 'level') throw new Error(`edge or level is needed, got ${JSON.stringify(value)}`);
    return value as Task['mode'];
  });
  const whose = fields.read(at('whose'), (value = challenge ? 'any' : hasMachine ? 'own' : 'other') => {
    if (challenge && value === 'any') return value as Task['whose'];
    if (value !== 'other' && (value !== 'own' || !hasMachine))
      throw new Error(`${hasMachine ? 'own or other' : 'other'} is needed, got ${JSON.stringify(value)}`);
    return value as Task['whose'];
  });
  const check = fields.read(at('check'), readCheck);
  const hints = fields.list(at('hints')).map((_, j) => fields.read(at('hints', j), readHint));
  if (!hints.length) fields.trouble(at('hints'), 'a task has at least one hint');
  const solve = fields.read(at('solve'), readActs) ?? [];
  const wrongs = fields.list(at('wrong'));
  if (!wrongs.length) fields.trouble(at('wrong'), 'a task has at least one wrong turn');
  const wrong = wrongs.flatMap((_, j) => fields.read(at('wrong', j), (value) => readWrong(value, hints.length)) ?? []);
  const after = fields.names(at('after'), before);
  if (!mode || !whose || !check) return undefined;
  return {
    task: {
      id,
      mode,
      whose,
      after,
      check,
      hints: hints.map((hint) => (hint?.when ? { when: hint.when } : {})),
      solve,
      wrong,
    },
    hints: hints.map((hint) => hint?.say ?? ''),
  };
}

function readHint(value: unknown): { say: string; when?: ReturnType<typeof readCheck> } {
  if (typeof value === 'string' && value) return { say: value };
  const { say, when, ...rest } = (typeof value === 'object' && value !== null ? value : {}) as {
    say?: unknown;
    when?: unknown;
  };
  if (typeof say !== 'string' || !say || Object.keys(rest).length)
    throw new Error('a hint is a text, or {say: text, when: check}');
  return { say, ...(when !== undefined && { when: readCheck(when) }) };
}
