/** RUN: a command in a container of the build; one that fails may be held. */
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { BuildContext, Place } from '../../build/build.ts';
import { orAborted } from '../../kernel/or-aborted.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { tellContainer } from './facts.ts';
import { stageOf, type Template } from './template.ts';

export const run: Template = {
  id: 'build.run',
  title: 'Run the command in a container',
  explain: `RUN is a container like any other: its image is what the instructions above have made, and what it changes in its writable layer becomes the next layer. Its own steps are in the journal of that container.
A command that ends with another code than 0 ends the build, because what follows relies on it; with \`--on-failure shell\` its container is kept, and a shell runs in it. When the client goes away, the container is killed with everything that it started. See the Dockerfile reference, "RUN", and wait(2).`,
  when: (c) => !c.hit && c.prepared?.run !== undefined,
  async do(k, c, place) {
    const { mounts: open } = c;
    try {
      await toSuccess(k, c, place);
    } finally {
      await open?.close();
    }
    c.mounts = undefined;
  },
  async undo(_k, c) {
    for (const id of c.runtime.containers()) await c.runtime.remove(id);
  },
};

/** Creates the container of the RUN. */
async function create(k: Kernel, c: BuildContext, place: Place): Promise<string> {
  const { image } = stageOf(c);
  const { command, env, insecure, network = c.asked.networkMode } = c.prepared!.run!;
  const { mounts: open } = c;
  if (!image) throw badParameter('RUN needs a file system, and scratch has none');
  const id = await c.runtime.create(image, {
    Cmd: command,
    Env: [...(open?.env ?? []), ...env],
    ...(open && { mounts: open.points, tmpfs: open.tmpfs, hiddenEnv: open.hiddenEnv }),
    ...(network && { NetworkMode: network }),
    ...(insecure && { Privileged: true }),
    ...(c.asked.limits && { limits: c.asked.limits }),
  });
  k.fact({ kind: 'file', key: 'container', value: id });
  tellContainer(k, place, id);
  return id;
}

/** Runs the command until it succeeds. Throws ApiError when it fails, and it is not to be tried again. */
async function toSuccess(k: Kernel, c: BuildContext, place: Place): Promise<void> {
  const { command } = c.prepared!.run!;
  c.container = await create(k, c, place);
  for (;;) {
    c.say.tell(` ---> Running in ${c.container.slice(0, 12)}\n`);
    const code = await c.runtime.run(c.container, (stream, text) => c.say.output(text, stream), c.signal);
    if (!code) return void (c.byHand && c.mended.push(place.one.text));
    const message = `The command '${command.join(' ')}' returned a non-zero code: ${code}`;
    if (!c.asked.onFailure) throw new ApiError(500, message, { exitCode: code });
    const { number, one } = place;
    k.fact({ kind: 'file', key: 'held', value: `the command has ended with the code ${code}` });
    const shell = stageOf(c).config.Shell?.[0] ?? '/bin/sh';
    const asked = c.asked.onFailure({
      container: c.container,
      code,
      number: `${number}/${c.total}`,
      text: one.text,
      shell,
    });
    const answer = await orAborted(asked, c.signal);
    k.fact({ kind: 'file', key: 'held', value: answer });
    if (answer === 'abort') throw new ApiError(500, message, { exitCode: code });
    c.byHand = answer !== 'fresh';
    if (answer === 'fresh') {
      await c.runtime.remove(c.container);
      c.container = await create(k, c, place);
    } else if (answer === 'retry') c.runtime.setCommand(c.container, command);
    else return void c.mended.push(one.text);
  }
}
