/** `build --on-failure shell`: a shell in the container of the RUN that has failed, and the question how to go on. */
import { createInterface } from 'node:readline/promises';
import type { FailedRun } from '../../../build/build.ts';
import { containerPath, type Client } from '../../client/client.ts';
import { session } from '../../client/session.ts';
import { messageOf } from '../../failure/failure.ts';
import { visible } from '../../../journal/visible.ts';
import { print } from '../../terminal/columns.ts';
import { fitted } from '../../terminal/wrap.ts';

const ANSWERS = ['retry', 'fresh', 'shell', 'continue', 'abort'] as const;
type Answer = (typeof ANSWERS)[number];
const HELP = `
  retry     run the command again, in the container as it is now; the cache does not get the result
  fresh     run the command again in a new container, as if nothing had been done by hand
  shell     open the shell again
  continue  take what is there now as the result; the cache does not get it
  abort     end the build
`;

const say = (line: string): void => print(fitted(line, process.stdout));

/** Resolves when the daemon has an answer. */
export async function holdFailed(client: Client, failed: FailedRun): Promise<void> {
  say(`\nstep ${failed.number} has failed with the code ${failed.code}: ${visible(failed.text.split('\n', 1)[0]!)}`);
  say('Its container is held. This is a shell in it, with its files, environment, user, directory and mounts.');
  let answer: Answer = 'shell';
  do {
    if (answer === 'shell') await openShell(client, failed);
    answer = await question();
  } while (answer === 'shell');
  await act(client, failed, answer);
}

const act = (client: Client, { container }: FailedRun, what: Answer): Promise<void> =>
  client.post(`/drydock/build/failed/${encodeURIComponent(container)}`, { act: what });

/** A shell that cannot be started is told, and the question is asked all the same. */
async function openShell(client: Client, failed: FailedRun): Promise<void> {
  const { container: id, shell } = failed;
  try {
    await act(client, failed, 'shell');
    await session({
      client,
      id,
      tty: true,
      stdin: process.stdin,
      stdout: true,
      stderr: true,
      condition: 'next-exit',
      start: () => client.post(containerPath(id, '/start')),
    });
  } catch (error) {
    print(`${shell}: ${visible(messageOf(error))}`);
  }
}

/** The end of the input is an abort. */
async function question(): Promise<Answer> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('abort')));
  try {
    for (;;) {
      const typed = await Promise.race([lines.question('retry, fresh, shell, continue, abort or help: '), ended]);
      const word = typed.trim().toLowerCase();
      const answer = word && ANSWERS.find((one) => one.startsWith(word));
      if (answer) return answer;
      print(HELP);
    }
  } finally {
    lines.close();
  }
}
