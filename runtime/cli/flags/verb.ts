/** The parts that every verb's file uses. */
import { Command } from 'commander';
import { messageOf } from '../failure/failure.ts';
import { warn } from '../terminal/columns.ts';

/** A row of verbs.ts. */
export interface Entry {
  name: string;
  summary: string;
  group: string;
  load(): Promise<{ command(): Command }>;
}

/** `name` includes the arguments in docker's notation: 'stop <container...>'. */
export function verb(name: string, description: string, ...examples: string[]): Command {
  const command = new Command(name).description(description);
  if (examples.length)
    command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ drydock ${line}`).join('\n')}`);
  return command;
}

/** Makes options end at the first argument: what follows belongs to the container's command. */
export const untilImage = (command: Command): Command =>
  command.passThroughOptions().helpOption('--help', 'show this help');

/** Collects the values of a repeatable option. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** Does the same for each of several names. A failure does not stop the others, but sets the exit code. */
export async function each(names: readonly string[], act: (name: string) => Promise<void>): Promise<void> {
  for (const name of names) {
    try {
      await act(name);
    } catch (error) {
      warn(`drydock: ${messageOf(error)}`);
      process.exitCode = 1;
    }
  }
}
