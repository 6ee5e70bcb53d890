/** Verbs that send one request for each named container and print the name. */
import type { Command } from 'commander';
import { containerPath, type Query } from './client.ts';
import { connectTo } from './connection.ts';
import { print } from '../terminal/columns.ts';
import { each } from '../flags/verb.ts';

/** `query` makes the request's query string from the verb's options. */
export function postToEach<O>(command: Command, path: string, query: (options: O) => Query = () => ({})): Command {
  return command.argument('<container...>').action(async (names: string[], options: O, self: Command) => {
    const client = await connectTo(self);
    await each(names, async (name) => {
      await client.post(containerPath(name, path), query(options));
      print(name);
    });
  });
}
