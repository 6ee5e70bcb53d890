/** The mounts of a RUN: what it may see and use, and what does not come into the image. */
import { openMounts } from '../../build/instructions/open-mounts.ts';
import { forgetPrivate, privateDir } from '../../build/mounts/private-files.ts';
import { mountsAt } from '../../kernel/mount/mounted.ts';
import type { Template } from './template.ts';

export const mounts: Template = {
  id: 'build.open-mounts',
  title: 'Get the mounts of RUN ready',
  explain: `\`RUN --mount\` shows the command files that do not come into the image, because what is written on a mount is not in the writable layer. A cache is a directory of the daemon that outlives the build; with \`sharing=locked\` this step waits until no other RUN has it. A bind shows files of the context, of another stage or of an image, and what is written there is lost.
Secrets and the socket of the SSH agent lie in a tmpfs that is unmounted when the RUN has ended, so that they never reach a disk. The cache's key has the flag and not the secret: with another secret the result is taken all the same. See the Dockerfile reference, "RUN --mount", and tmpfs(5).`,
  when: (c) => !c.hit && (c.prepared?.run?.mounts?.length ?? 0) > 0,
  async do(k, c, { number }) {
    const { mounts: asked = [] } = c.prepared!.run!;
    c.mounts = await openMounts(k, c, number, asked);
    const value = (target: string | undefined) => target ?? 'a variable';
    k.fact(...asked.map(({ type, target }) => ({ kind: 'mount' as const, key: value(target), value: type })));
  },
  async undo(k, c) {
    await c.mounts?.close();
    c.mounts = undefined;
    await forgetPrivate(k, c.dir);
  },
  inspect: (_k, { dir }) => {
    const found = mountsAt(privateDir(dir));
    return Promise.resolve([{ title: privateDir(dir), lines: found.length ? found : ['(not mounted)'] }]);
  },
};
