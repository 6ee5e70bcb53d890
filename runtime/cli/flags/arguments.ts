/**
 * Three forms of docker's command line that commander does not have: `--rm=false` for a flag without a value, `-e=A=1`
 * for a short flag with a value, and `-it=false`. They are rewritten before commander parses the arguments. Where
 * options end at the first argument, nothing after it is changed.
 */
import type { Command } from 'commander';
import { misuse } from '../failure/failure.ts';

const truth: Record<string, boolean> = {
  true: true,
  t: true,
  '1': true,
  True: true,
  TRUE: true,
  false: false,
  f: false,
  '0': false,
  False: false,
  FALSE: false,
};

export function rewrite(command: Command, args: readonly string[], endsAtArgument: boolean): string[] {
  const takesValue = new Map<string, boolean>();
  for (const option of command.options) {
    for (const name of [option.short, option.long]) if (name) takesValue.set(name, option.required || option.optional);
  }
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--' || (endsAtArgument && (arg === '-' || !arg.startsWith('-')))) return [...out, ...args.slice(i)];
    const [, name, value] = /^(-[^-=]|--[^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name && value !== undefined && takesValue.get(name) === false) out.push(...setTo(command, name, value));
    else if (name && value !== undefined && takesValue.get(name) && !name.startsWith('--')) out.push(name, value);
    else {
      out.push(arg);
      if (valueFollows(arg, takesValue) && i + 1 < args.length) out.push(args[++i]!);
    }
  }
  return out;
}

function setTo(command: Command, name: string, value: string): string[] {
  const given = truth[value];
  const negation = name.replace(/^--/, '--no-');
  if (given === undefined) throw misuse(`invalid argument "${value}" for "${name}" flag: give true or false`);
  if (given) return [name];
  return command.options.some(({ long }) => long === negation) ? [negation] : [];
}

/** Whether the next word is the value of this flag: `--name`, `-e`, and `-ite`, whose last letter takes a value. */
function valueFollows(arg: string, takesValue: ReadonlyMap<string, boolean>): boolean {
  if (arg.startsWith('--')) return !arg.includes('=') && takesValue.get(arg) === true;
  if (!arg.startsWith('-')) return false;
  const letters = [...arg.slice(1)];
  const first = letters.findIndex((letter) => takesValue.get(`-${letter}`));
  return first >= 0 && first === letters.length - 1;
}
