/** All checks by name: parsing a check from a lesson's front matter, describing it in words, and evaluating it. */
import { cgroup } from './cgroup.ts';
import type { Check, CheckKind, Family, Look, Words } from './check.ts';
import { connections } from './connections.ts';
import { container } from './container.ts';
import { data } from './data.ts';
import { host } from './host.ts';
import { image } from './image.ts';
import { journal } from './journal.ts';
import { learner } from './learner.ts';
import { mount } from './mount.ts';
import { namespace } from './namespace.ts';
import { network } from './network.ts';
import { overlay } from './overlay.ts';
import { process_ } from './process.ts';

export const checks: Family = {
  ...journal,
  ...container,
  ...overlay,
  ...namespace,
  ...mount,
  ...cgroup,
  ...network,
  ...connections,
  ...data,
  ...image,
  ...process_,
  ...host,
  ...learner,
};
const kindOf = (name: string): CheckKind => checks[name]!;

const lists = ['all', 'any', 'apart'] as const;
/** `{ 'overlay.upperHas': '/etc/passwd' }` → a check; throws with what is wrong. */
export function readCheck(value: unknown): Check {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('a check is needed: {name: argument}');
  const parts = Object.entries(value).map(([name, arg]) => readOne(name, arg));
  if (!parts.length) throw new Error('a check is needed: {name: argument}');
  return parts.length === 1 ? parts[0]! : { all: parts };
}
function readOne(name: string, arg: unknown): Check {
  const list = lists.find((one) => one === name);
  if (list) {
    if (!Array.isArray(arg) || !arg.length) throw new Error(`${name} needs a list of checks`);
    return { [list]: arg.map(readCheck) } as Check;
  }
  if (name === 'not') return { not: readCheck(arg) };
  if (!Object.hasOwn(checks, name)) throw new Error(`no check is called ${name}; see the table in lessons/README.md`);
  try {
    return { name, arg: kindOf(name).arg.read(arg) };
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

const joined = (parts: Words[], en: string, ru: string): Words => ({
  en: parts.map((p) => p.en).join(en),
  ru: parts.map((p) => p.ru).join(ru),
});
export function wordsOf(check: Check): Words {
  if ('all' in check) return joined(check.all.map(wordsOf), ', and ', ', и ');
  if ('any' in check) return joined(check.any.map(wordsOf), ', or ', ', или ');
  if ('apart' in check) return joined(check.apart.map(wordsOf), '; of another container: ', '; у другого контейнера: ');
  if ('not' in check) return { en: `not so: ${wordsOf(check.not).en}`, ru: `не так: ${wordsOf(check.not).ru}` };
  return kindOf(check.name).says(check.arg);
}

/** All named checks inside a check. */
export function named(check: Check): { name: string; arg: unknown }[] {
  if ('not' in check) return named(check.not);
  if ('name' in check) return [check];
  return ('all' in check ? check.all : 'any' in check ? check.any : check.apart).flatMap(named);
}
const onlyHost = (check: Check): boolean => named(check).every(({ name }) => kindOf(name).host);

async function holdsOf(check: Check, look: Look): Promise<boolean> {
  if ('not' in check) return !(await holdsOf(check.not, look));
  if ('apart' in check) return everyAsync(check.apart, (one) => holdsOfSome(one, look));
  if ('all' in check) return everyAsync(check.all, (one) => holdsOf(one, look));
  if ('any' in check) return !(await everyAsync(check.any, async (one) => !(await holdsOf(one, look))));
  const { holds, host: ofHost } = kindOf(check.name);
  if (!ofHost && !look.subject) return false;
  return holds(check.arg, look.subject!, look);
}
async function everyAsync<T>(list: readonly T[], holds: (one: T) => Promise<boolean>): Promise<boolean> {
  for (const one of list) if (!(await holds(one))) return false;
  return true;
}
async function holdsOfSome(check: Check, look: Look): Promise<boolean> {
  for (const subject of look.about ?? look.subjects) if (await holdsOf(check, { ...look, subject })) return true;
  return false;
}

/** True if the check holds for one container, or for the machine if it is only about that. */
export const holds = (check: Check, look: Look): Promise<boolean> =>
  onlyHost(check) ? holdsOf(check, look) : holdsOfSome(check, look);
