/** Checks a seccomp profile from a client: every field is checked before it is used. */
import { badParameter } from '../../errors/api-error.ts';
import { ACTIONS, ARCHITECTURES, FLAGS, OPERATORS } from './constants.ts';
import type { Condition, Profile, ProfileRule } from './profile-format.ts';

type Fields = Record<string, unknown>;
const fail = (what: string) => badParameter(`Decoding seccomp profile failed: ${what}`);
const MAX_RULES = 4096;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const absent = (value: unknown): value is undefined | null => value === undefined || value === null;

function strings(value: unknown, where: string): string[] {
  if (absent(value)) return [];
  if (!Array.isArray(value) || value.length > MAX_RULES || !value.every((v) => typeof v === 'string'))
    throw fail(`${where} is not a list of strings`);
  return value as string[];
}
function word<T extends string>(value: unknown, known: Record<T, unknown>, where: string): T {
  if (typeof value !== 'string' || !Object.hasOwn(known, value))
    throw fail(`${where} ${JSON.stringify(value)} is not known; known are ${Object.keys(known).join(', ')}`);
  return value as T;
}
function whole(value: unknown, where: string, limit = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > limit)
    throw fail(`${where} ${JSON.stringify(value)} is not a whole number from 0 to ${limit}`);
  return value;
}
function list(value: unknown, where: string): unknown[] {
  if (absent(value)) return [];
  if (!Array.isArray(value) || value.length > MAX_RULES) throw fail(`${where} is not a list of at most ${MAX_RULES}`);
  return value;
}

function condition(value: unknown, where: string): Condition | undefined {
  if (absent(value)) return undefined;
  if (!isFields(value)) throw fail(`${where} is not an object`);
  const minKernel = value['minKernel'] || undefined;
  if (minKernel !== undefined && !(typeof minKernel === 'string' && /^\d{1,3}\.\d{1,3}$/.test(minKernel)))
    throw fail(`invalid kernel version: ${JSON.stringify(minKernel)}, expected "<kernel>.<major>"`);
  return {
    caps: strings(value['caps'], `${where}.caps`),
    arches: strings(value['arches'], `${where}.arches`),
    ...(minKernel && { minKernel }),
  };
}

function argument(value: unknown, where: string): NonNullable<ProfileRule['args']>[number] {
  if (!isFields(value)) throw fail(`${where} is not an object`);
  return {
    index: whole(value['index'] ?? 0, `${where}.index`, 5),
    value: whole(value['value'] ?? 0, `${where}.value`),
    valueTwo: whole(value['valueTwo'] ?? 0, `${where}.valueTwo`),
    op: word(value['op'], OPERATORS, `${where}.op`),
  };
}

function rule(value: unknown, where: string): ProfileRule {
  if (!isFields(value)) throw fail(`${where} is not an object`);
  const names = strings(value['names'], `${where}.names`);
  const name = value['name'];
  if (name && names.length)
    throw fail(`both 'name' and 'names' are specified in ${where}, use either 'name' or 'names'`);
  const args = list(value['args'], `${where}.args`).map((a, j) => argument(a, `${where}.args[${j}]`));
  const includes = condition(value['includes'], `${where}.includes`);
  const excludes = condition(value['excludes'], `${where}.excludes`);
  return {
    names: name ? strings([name], `${where}.name`) : names,
    action: word(value['action'], ACTIONS, `${where}.action`),
    args,
    ...(!absent(value['errnoRet']) && { errnoRet: whole(value['errnoRet'], `${where}.errnoRet`, 4095) }),
    ...(includes && { includes }),
    ...(excludes && { excludes }),
  };
}

/** Returns the profile. Throws ApiError 400 that names the field. */
export function checkProfile(value: unknown): Profile {
  if (!isFields(value)) throw fail('it is not an object');
  const architectures = strings(value['architectures'], 'architectures').map((a) =>
    word(a, ARCHITECTURES, 'architecture'),
  );
  const archMap = list(value['archMap'], 'archMap').map((entry, j) => {
    if (!isFields(entry)) throw fail(`archMap[${j}] is not an object`);
    const architecture = entry['architecture'] ?? '';
    if (typeof architecture !== 'string') throw fail(`archMap[${j}].architecture is not a string`);
    return { architecture, subArchitectures: strings(entry['subArchitectures'], `archMap[${j}].subArchitectures`) };
  });
  if (architectures.length && archMap.length)
    throw fail(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  return {
    defaultAction: word(value['defaultAction'], ACTIONS, 'defaultAction'),
    architectures,
    archMap,
    ...(!absent(value['defaultErrnoRet']) && {
      defaultErrnoRet: whole(value['defaultErrnoRet'], 'defaultErrnoRet', 4095),
    }),
    flags: strings(value['flags'], 'flags').map((f) => word(f, FLAGS, 'flag')),
    syscalls: list(value['syscalls'], 'syscalls').map((r, j) => rule(r, `syscalls[${j}]`)),
  };
}
