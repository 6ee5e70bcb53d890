/**
 * A flag of `run` and `create` as a row of a table: its spelling, and what it changes in the body of POST
 * /containers/create.
 */
import type { Command } from 'commander';
import type { ContainerRequest } from '../../request/container-request.ts';
import { Failure, messageOf, misuse } from '../failure/failure.ts';
import { collect } from './verb.ts';

export type Body = ContainerRequest;
export interface Flag {
  /** in commander's notation: '-m, --memory <bytes>'; without <…> the flag takes no value */
  flags: string;
  help: string;
  /** may be given several times; `set` is called for each value */
  many?: true;
  set(body: Body, value: string): void;
}

export function declare(command: Command, flags: readonly Flag[]): void {
  for (const { flags: spelling, help, many } of flags) {
    if (many) command.option(spelling, `${help} (repeatable)`, collect);
    else command.option(spelling, help);
  }
}

/** Applies the given flags in the order of the table. An invalid value is refused with the flag's name. */
export function apply(command: Command, flags: readonly Flag[], body: Body): void {
  for (const flag of flags) {
    const option = command.options.find((candidate) => candidate.flags === flag.flags)!;
    const given = command.getOptionValue(option.attributeName()) as string | boolean | string[] | undefined;
    // commander initialises the option of a --no-… flag to true
    if (given === undefined || (option.negate && given === true)) continue;
    for (const value of Array.isArray(given) ? given : [typeof given === 'boolean' ? '' : given]) {
      try {
        flag.set(body, value);
      } catch (error) {
        if (error instanceof Failure) throw error;
        throw misuse(`invalid argument "${value}" for "${flag.flags.replace(/ <.*/, '')}" flag: ${messageOf(error)}`);
      }
    }
  }
}

export const push = <T>(list: T[] | null | undefined, ...items: T[]): T[] => [...(list ?? []), ...items];

export function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw new Error('give a whole number');
  return Number(text);
}

const powers: Record<string, number> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };
/** '64m', '1.5g', '1024' or '1GiB' → bytes; the units are powers of two. */
export function size(text: string): number {
  const [, number, suffix] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
  if (number === undefined) throw new Error('give a size like 64m or 1g');
  const power = powers[suffix!.toLowerCase().replace(/^([kmgtp])i?b$/, '$1')];
  if (power === undefined) throw new Error(`invalid suffix: '${suffix}'; give b, k, m, g, t or p`);
  return Math.floor(Number(number) * 1024 ** power);
}

/** 'a=b' → ['a', 'b']; without '=', the value is empty. */
export function pair(text: string, separator = '='): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
