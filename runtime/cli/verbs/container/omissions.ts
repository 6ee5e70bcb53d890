/** `run --leave-out list`: the parts that can be left out on purpose, and what to look at then. */
import type { Command } from 'commander';
import { print } from '../../terminal/columns.ts';
import { connectTo } from '../../client/connection.ts';
import { Failure } from '../../failure/failure.ts';
import { markdownText } from '../../step/markdown.ts';

interface Omission {
  id: string;
  title: string;
  see: string;
  steps: string[];
}

export async function listOmissions(command: Command): Promise<void> {
  const client = await connectTo(command);
  for (const { id, title, see } of await client.get<Omission[]>('/drydock/omissions')) {
    print(`${id.padEnd(18)}${title}`);
    for (const line of markdownText(see, 84).split('\n')) print(`    ${line}`);
  }
}

export const wantsList = (options: { leaveOut?: string[] }): boolean => options.leaveOut?.includes('list') ?? false;
export const missingImage = (): Failure => new Failure("missing required argument 'image'", 1, { usage: true });
