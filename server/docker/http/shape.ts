/**
 * Checks that the fields of a client's JSON for an exec have the types that its interface declares. Only named fields
 * are checked; null means "not given". The type of the table makes it complete, so no field passes unchecked.
 * (Containers: runtime/request/request-shape.ts.)
 */
import type { ExecConfig } from '../../../runtime/engine/engine.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { named, type Fate } from '../../../runtime/request/request-shape.ts';
import type { Json } from './body.ts';

const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');
const listOf =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(is);
const kinds = {
  text: { is: isText, what: 'a string without NUL bytes' },
  flag: { is: (value: unknown) => typeof value === 'boolean', what: 'true or false' },
  texts: { is: listOf(isText), what: 'a list of strings without NUL bytes' },
  size: {
    is: (value: unknown) =>
      listOf((n) => Number.isInteger(n) && (n as number) >= 0 && (n as number) <= 65_535)(value) &&
      (value as number[]).length === 2,
    what: '[height, width]',
  },
} as const;

const exec: { readonly [F in keyof Required<ExecConfig>]: keyof typeof kinds } = {
  AttachStdin: 'flag',
  AttachStdout: 'flag',
  AttachStderr: 'flag',
  Tty: 'flag',
  DetachKeys: 'text',
  Env: 'texts',
  Cmd: 'texts',
  User: 'text',
  WorkingDir: 'text',
  Privileged: 'flag',
  ConsoleSize: 'size',
};

/** POST /exec/{id}/start. */
const execStart = { Detach: 'flag', Tty: 'flag', ConsoleSize: 'size' } as const;
/** A field of create that is not used: the client sends it again at the start, and dockerd uses that value. */
const ignored = new Set(['Detach']);

/**
 * How a field is handled, for the test that goes through the API's types. A field that is neither checked nor listed as
 * ignored is ignored too, as in dockerd.
 */
export const fateOfExec = (name: string, of: 'create' | 'start'): Fate | undefined =>
  Object.hasOwn(of === 'create' ? exec : execStart, name)
    ? 'obeyed'
    : of === 'create' && ignored.has(name)
      ? 'ignored'
      : undefined;

/** The body with the API's spelling of the names, because Go accepts them in any case. */
export const canonicalExec = (body: Json, of: 'create' | 'start'): Json =>
  named(body, new Set(Object.keys(of === 'create' ? exec : execStart)));

/** Throws 400 that names the field and the expected type. */
export function checkExec(body: Json, of: 'create' | 'start' = 'create'): void {
  for (const [name, kind] of Object.entries(of === 'create' ? exec : execStart)) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (value !== undefined && value !== null && !kinds[kind].is(value))
      throw badParameter(`invalid ${name}: it must be ${kinds[kind].what}`);
  }
}
