/** The flag --mount of RUN: Dockerfile reference, "RUN --mount". */
import { posix } from 'node:path';
import type { Instruction } from '../dockerfile/parse.ts';
import { parseError } from '../dockerfile/parse-error.ts';

export const sharings = ['shared', 'private', 'locked'] as const;
export type Sharing = (typeof sharings)[number];

/** What is mounted, without anything that only the client or another build knows. It is a part of the cache's key. */
export interface RunMount {
  type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
  /** absolute, without '..'; absent for a secret that is a variable alone */
  target?: string;
  /** of a cache, a secret or an agent */
  id: string;
  /** the path in what is mounted, without '/' at its beginning; '' is all of it */
  source: string;
  /** a stage or an image; absent for the context, and for a cache that begins empty */
  from?: string;
  sharing: Sharing;
  readonly: boolean;
  mode?: number;
  uid?: number;
  gid?: number;
  /** of a tmpfs, in bytes */
  size?: number;
  required: boolean;
  /** the variable that has the secret's content */
  env?: string;
}

/** What a flag may say once; the words of each key. */
const KEYS = {
  type: ['type'],
  from: ['from'],
  source: ['source', 'src'],
  target: ['target', 'dst', 'destination'],
  ro: ['readonly', 'ro'],
  rw: ['readwrite', 'rw'],
  required: ['required'],
  size: ['size'],
  id: ['id'],
  sharing: ['sharing'],
  mode: ['mode'],
  uid: ['uid'],
  gid: ['gid'],
  env: ['env'],
} as const;
type Key = keyof typeof KEYS;
const keyOf = new Map<string, Key>(
  Object.entries(KEYS).flatMap(([key, words]) => words.map((word) => [word, key as Key])),
);
const FLAGS: readonly Key[] = ['ro', 'rw', 'required'];
const OWNED = ['secret', 'ssh', 'cache'];
const MOST = 200;
const UNITS: Readonly<Record<string, number>> = { '': 0, b: 0, k: 10, m: 20, g: 30, t: 40 };

/** Commas divide, except within double quotes. */
const fieldsOf = (text: string): string[] => text.match(/("[^"]*"|[^,"]|")+/g) ?? [];

type Given = Partial<Record<Key, string>>;

function givenBy(text: string, line: number, expand: (word: string) => string): Given {
  const given: Given = {};
  for (const field of fieldsOf(text.replace(/^(["'])(.*)\1$/, '$2'))) {
    const at = field.indexOf('=');
    const word = (at < 0 ? field : field.slice(0, at)).toLowerCase().replaceAll('"', '');
    const key = keyOf.get(word);
    if (at < 0 && (!key || !FLAGS.includes(key)))
      throw parseError(line, `invalid field '${field}' must be a key=value pair`);
    if (!key) throw parseError(line, `unexpected key '${word}' in '${field}'`);
    if (key === 'from' && field.includes('$'))
      throw parseError(line, `'from' doesn't support variable expansion, define alias stage instead`);
    given[key] = at < 0 ? 'true' : expand(field.slice(at + 1).replace(/"$/, ''));
  }
  return given;
}

class Reader {
  constructor(
    readonly given: Given,
    private readonly line: number,
  ) {}

  wrong = (message: string): Error => parseError(this.line, message);

  flag(key: Key): boolean | undefined {
    const value = this.given[key];
    if (value === undefined) return undefined;
    if (/^(1|t|true)$/i.test(value)) return true;
    if (/^(0|f|false)$/i.test(value)) return false;
    throw this.wrong(`invalid value for ${key}: ${value}`);
  }
  number(key: Key, base: 8 | 10): number | undefined {
    const value = this.given[key];
    if (value === undefined) return undefined;
    const most = base === 8 ? 0o7777 : 2 ** 31 - 1;
    const number = (base === 8 ? /^[0-7]{1,6}$/ : /^\d{1,10}$/).test(value) ? parseInt(value, base) : NaN;
    if (!(number <= most)) throw this.wrong(`invalid value ${value} for ${key}`);
    return number;
  }
  size(): number | undefined {
    const value = this.given.size;
    if (value === undefined) return undefined;
    const [, digits, unit = ''] = /^(\d{1,15})([bkmgt]?)i?b?$/i.exec(value) ?? [];
    const bytes = Number(digits) * 2 ** UNITS[unit.toLowerCase()]!;
    if (!(bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER)) throw this.wrong(`invalid value for size: ${value}`);
    return bytes;
  }
}

/** `directory`: the WORKDIR, in which a relative target begins. */
function mountOf(reader: Reader, directory: string): RunMount {
  const { given, wrong } = reader;
  const type = (given.type || 'bind') as RunMount['type'];
  if (!['bind', 'cache', 'tmpfs', 'secret', 'ssh'].includes(type)) throw wrong(`unsupported mount type "${type}"`);
  const sharing = (given.sharing || 'shared') as Sharing;
  if (!sharings.includes(sharing)) throw wrong(`unsupported sharing value "${sharing}"`);
  checkKeys(reader, type);
  const [ro, rw] = [reader.flag('ro'), reader.flag('rw')];
  const target = targetOf(reader, type, directory);
  const owner = { mode: reader.number('mode', 8), uid: reader.number('uid', 10), gid: reader.number('gid', 10) };
  return withoutUndefined({
    type,
    target,
    id: idOf(given, type),
    source: ['secret', 'ssh'].includes(type) ? '' : posix.join('/', given.source ?? '').replace(/^\/+|\/+$/g, ''),
    from: given.from || undefined,
    sharing,
    readonly: ro ?? (rw === undefined ? type === 'bind' || type === 'secret' : !rw),
    ...owner,
    size: reader.size(),
    required: reader.flag('required') ?? false,
    env: given.env || undefined,
  });
}

function checkKeys({ given, wrong }: Reader, type: RunMount['type']): void {
  const only = (key: Key, ...types: string[]) => {
    if (given[key] !== undefined && !types.includes(type)) throw wrong(`${key} not allowed for "${type}" type mounts`);
  };
  for (const key of ['mode', 'uid', 'gid'] as const) only(key, ...OWNED);
  only('required', 'secret', 'ssh');
  only('size', 'tmpfs');
  only('env', 'secret');
  only('sharing', 'cache');
  only('from', 'bind', 'cache');
  if (type === 'secret' && given.source && given.id) throw wrong("both source and id can't be set");
  if (type === 'secret' && !given.source && !given.id && !given.target)
    throw wrong('invalid secret mount. one of source, target required');
  if (given.env !== undefined && !/^[^=\0]+$/.test(given.env)) throw wrong(`invalid value for env: ${given.env}`);
}

function idOf({ id, source, target = '' }: Given, type: RunMount['type']): string {
  if (type === 'secret') return id || source || posix.basename(target);
  if (type === 'ssh') return id || 'default';
  return id || posix.normalize(target || '.');
}

function targetOf({ given, wrong }: Reader, type: RunMount['type'], directory: string): string | undefined {
  if (type === 'secret' && !given.target) {
    if (given.env) return undefined;
    return `/run/secrets/${posix.basename(idOf(given, type))}`;
  }
  // the agent's number is known when all flags are read
  if (type === 'ssh' && !given.target) return '';
  const target = posix.resolve('/', directory, given.target ?? '');
  if (target === '/' || target.includes('\0')) throw wrong(`invalid mount target "${given.target ?? ''}"`);
  return target;
}

const withoutUndefined = (mount: { [K in keyof RunMount]: RunMount[K] | undefined }): RunMount =>
  Object.fromEntries(Object.entries(mount).filter(([, value]) => value !== undefined)) as unknown as RunMount;

/** Throws ApiError 400 in BuildKit's words. */
export function mountsOf(
  { repeated, line }: Instruction,
  directory: string,
  expand: (word: string) => string,
): RunMount[] {
  const flags = repeated.filter(([name]) => name === 'mount');
  if (flags.length > MOST) throw parseError(line, `more than ${MOST} mounts`);
  const mounts = flags.map(([, text]) => mountOf(new Reader(givenBy(text, line, expand), line), directory));
  for (const [index, mount] of mounts.filter(({ type }) => type === 'ssh').entries())
    mount.target ||= `/run/buildkit/ssh_agent.${index}`;
  const targets = mounts.flatMap(({ target }) => target ?? []);
  const twice = targets.find((target, at) => targets.indexOf(target) !== at);
  if (twice) throw parseError(line, `duplicate mount target ${twice}`);
  return mounts;
}
