/** Checks for the fields of an ask. Everything from a browser is checked before it is used. */
import type { GateCommand } from '../../../runtime/engine/engine.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { syscalls } from '../../../runtime/syscalls/syscalls.ts';
import { phases } from '../../../runtime/steps/phases.ts';

/** Returns the checked value, or throws 400. */
export type Check<T> = (value: unknown) => T;
export const must =
  <T>(good: (value: unknown) => boolean, what: string): Check<T> =>
  (value) => {
    if (!good(value)) throw badParameter(`${what} is needed`);
    return value as T;
  };
export const whole = (most: number): Check<number> =>
  must<number>(
    (v) => Number.isInteger(v) && (v as number) >= 0 && (v as number) <= most,
    `a whole number up to ${most}`,
  );
export const share = (most: number): Check<number> =>
  must<number>((v) => typeof v === 'number' && v >= 0 && v <= most, `a number up to ${most}`);
export const text = must<string>((v) => typeof v === 'string' && v.length <= 8192 && !v.includes('\0'), 'a text');
export const texts = must<string[]>(
  (v) => Array.isArray(v) && v.length <= 256 && v.every((one) => typeof one === 'string' && !one.includes('\0')),
  'a list of texts',
);
export const truth = must<boolean>((v) => typeof v === 'boolean', 'true or false');
export const oneOf = <T extends string>(names: readonly T[]): Check<T> =>
  must<T>((v) => (names as readonly unknown[]).includes(v), `one of ${names.join(', ')}`);
export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value) =>
    value === undefined ? undefined : check(value);

const places = new Set<string>([
  ...phases.flatMap(({ id, steps }) => [id, ...steps.map((step) => step.id)]),
  ...Object.keys(syscalls),
]);
/** A place for a breakpoint: a step, a phase or a system call. */
export const place: Check<string> = (value) => {
  if (!places.has(text(value).replace(/#[1-9]\d{0,3}$/, '')))
    throw badParameter(`no step, phase or system call is called ${JSON.stringify(value)}`);
  return value as string;
};
export const placesList: Check<string[]> = (value) => texts(value).map(place);
export const gateCommand: Check<GateCommand> = (value) => {
  const { command, at } = (value ?? {}) as { command?: unknown; at?: unknown };
  if (['next', 'into', 'continue', 'abort', 'pause'].includes(command as string)) return { command } as GateCommand;
  if (command === 'break' || command === 'clear') return { command, at: place(at) };
  throw badParameter('a command of the gate is needed: next, into, continue, abort, pause, break or clear');
};
