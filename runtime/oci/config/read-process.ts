/** `process` of config.json: OCI runtime specification, "Process". */
import { Checked } from '../../json/checked.ts';
import { badParameter } from '../../errors/api-error.ts';
import { NAMES } from '../capabilities.ts';
import { RLIMIT } from '../../syscalls/constants.ts';
import type { Process } from '../spec.ts';
import { refuseSet } from './unsupported.ts';

const MAX_ID = 2 ** 32 - 2;
const SETS = ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'] as const;
const hasNul = (text: string) => text.includes('\0');

/** Strings for execve(2), which ends each at a NUL. */
function words(of: Checked, name: string): string[] {
  const list = of.strings(name) ?? [];
  if (list.some(hasNul)) throw badParameter(`process.${name} holds a string with a NUL`);
  return list;
}

function user(process: Checked): Process['user'] {
  if (!process.has('user')) return { uid: 0, gid: 0 };
  const given = process.object('user');
  const id = (name: string) => (given.has(name) ? given.integer(name, MAX_ID) : 0);
  const groups = given.has('additionalGids') ? given.list('additionalGids', 65_536) : [];
  const wrong = groups.find((gid) => !Number.isSafeInteger(gid) || (gid as number) < 0 || (gid as number) > MAX_ID);
  if (wrong !== undefined)
    throw badParameter(`process.user.additionalGids holds ${JSON.stringify(wrong)}, which is no gid`);
  return {
    uid: id('uid'),
    gid: id('gid'),
    ...(groups.length > 0 && { additionalGids: groups as number[] }),
    ...(given.has('umask') && { umask: given.integer('umask', 0o777) }),
  };
}

/**
 * The kernel lets a process raise an ambient capability only when it is permitted and inheritable: capabilities(7).
 * runc passes over the others, which `runc spec` itself writes. Names that the kernel does not know are left out later.
 */
function capabilities(process: Checked): Process['capabilities'] {
  const given = process.has('capabilities') ? process.object('capabilities') : undefined;
  const sets = SETS.map((set) => {
    const names = given?.strings(set) ?? [];
    const unknown = names.find((name) => !NAMES.includes(name));
    if (unknown !== undefined)
      throw badParameter(`process.capabilities.${set} has the unknown capability ${JSON.stringify(unknown)}`);
    return [set, names] as const;
  });
  const all = Object.fromEntries(sets) as Process['capabilities'];
  return {
    ...all,
    ambient: all.ambient.filter((name) => all.permitted.includes(name) && all.inheritable.includes(name)),
  };
}

/** uint64; 2⁶⁴-1 is RLIM_INFINITY, and JSON.parse makes of it the next number that a double holds. */
function limit(of: Checked, name: 'soft' | 'hard', type: string): number {
  const value = of.raw(name);
  if (typeof value === 'number' && value >= 2 ** 64 - 1) return -1;
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw badParameter(`process.rlimits: ${name} of ${type} is ${JSON.stringify(value)}; give a whole number from 0`);
  return value as number;
}

function rlimits(process: Checked, what: string): NonNullable<Process['rlimits']> {
  const given = process.has('rlimits') ? process.list('rlimits', 64) : [];
  const seen = new Set<string>();
  return given.map((one, j) => {
    const of = Checked.of(`${what}: rlimits[${j}]`, one);
    const type = of.string('type');
    if (!Object.hasOwn(RLIMIT, type)) throw badParameter(`process.rlimits: unknown type ${JSON.stringify(type)}`);
    if (seen.has(type)) throw badParameter(`process.rlimits has ${type} twice`);
    seen.add(type);
    const [soft, hard] = [limit(of, 'soft', type), limit(of, 'hard', type)];
    if (hard !== -1 && (soft === -1 || soft > hard))
      throw badParameter(`process.rlimits: the soft limit of ${type} is above the hard one`);
    return { type, soft, hard };
  });
}

function consoleSize(process: Checked): Process['consoleSize'] {
  if (!process.has('consoleSize')) return undefined;
  const size = process.object('consoleSize');
  return { height: size.integer('height', 65_535), width: size.integer('width', 65_535) };
}

function oomScoreAdj(process: Checked): number | undefined {
  if (!process.has('oomScoreAdj')) return undefined;
  const value = process.raw('oomScoreAdj');
  if (!Number.isSafeInteger(value) || (value as number) < -1000 || (value as number) > 1000)
    throw badParameter(`process.oomScoreAdj is ${JSON.stringify(value)}; give a whole number from -1000 to 1000`);
  return value as number;
}

/** Throws ApiError 400 for what the specification does not allow, 501 for what Drydock does not do. */
export function readProcess(process: Checked, what: string): Process {
  refuseSet(process, 'process.', ['apparmorProfile', 'selinuxLabel', 'scheduler', 'ioPriority', 'execCPUAffinity']);
  const args = words(process, 'args');
  if (!args[0]) throw badParameter('process.args is empty: there is no program to execute');
  const cwd = process.string('cwd');
  if (!cwd.startsWith('/') || hasNul(cwd))
    throw badParameter(`process.cwd ${JSON.stringify(cwd)} is not an absolute path`);
  const size = consoleSize(process);
  const limits = rlimits(process, what);
  const score = oomScoreAdj(process);
  return {
    terminal: process.flag('terminal'),
    ...(size && size.height > 0 && size.width > 0 && { consoleSize: size }),
    user: user(process),
    args,
    env: words(process, 'env'),
    cwd,
    capabilities: capabilities(process),
    ...(limits.length > 0 && { rlimits: limits }),
    noNewPrivileges: process.flag('noNewPrivileges'),
    ...(score !== undefined && { oomScoreAdj: score }),
  };
}
