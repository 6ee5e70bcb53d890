/** The working directory of the process: it is made inside the root, and must not lie outside of it. */
import { AT_FDCWD, O, RESOLVE } from '../../../syscalls/constants.ts';
import { errnoText } from '../../../syscalls/errno-text.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { ensurePath } from '../../../kernel/mount/in-root.ts';
import { openHow } from '../../../kernel/mount/place.ts';
import { CannotStart } from '../../../oci/program.ts';
import type { Step } from '../../../container/step.ts';
import { placeIn } from './places.ts';

const PATH_MAX = 4096;
const exitCodes: Record<string, number> = { ENOENT: 127, ENOTDIR: 127, EACCES: 126 };
/** docker run exits with 125 when a file is in the directory's place: this is neither of its cases for 126 and 127. */
const runCodes: Record<string, number> = { ENOTDIR: 125 };
function failed(cwd: string, why: string, code = '', cause?: unknown): Error {
  const what = `chdir to cwd ("${cwd}") set in config.json failed: ${why}`;
  const exitCode = exitCodes[code];
  return exitCode ? new CannotStart(what, exitCode, { cause, runCode: runCodes[code] }) : new Error(what, { cause });
}

/**
 * Enters the directory with fchdir(2), after opening it without following links of procfs. Such a link (/proc/1/root,
 * or a WORKDIR that was replaced by a link to it) leads to another tree, which the process could then read and write
 * with its remaining rights. getcwd(2) must begin at the process's own root, and not with "(unreachable)":
 * CVE-2024-21626.
 */
export async function enterDirectory(k: Kernel, cwd: string): Promise<void> {
  if (cwd === '/') return void (await k.stage.chdir('/'));
  const how = openHow(O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0, RESOLVE.RESOLVE_NO_MAGICLINKS);
  const here = await k
    .batch((stage) => {
      const directory = stage.openat2(AT_FDCWD, cwd, how);
      stage.fchdir(directory);
      stage.close(directory);
      return stage.getcwd(PATH_MAX);
    })
    .catch((error: unknown) => {
      const { code = '', syscall } = error as { code?: string; syscall?: string };
      if (!syscall) throw error;
      const magic = code === 'ELOOP' ? ' (or a link of procfs, which may lead out of the container)' : '';
      throw failed(cwd, `${errnoText(code)}${magic}`, code, error);
    });
  if (here.reply?.out[0] !== '/'.charCodeAt(0)) throw failed(cwd, "it is outside of the container's root");
}

export const workingDirectorySteps: { make: Step[]; enter: Step[] } = {
  make: [
    {
      id: 'init.make-working-directory',
      title: 'Make the working directory',
      explain: `The directory that --workdir or the image's WORKDIR names is made when it is not there, as Docker does.
It happens before the root is read-only and before the user changes: it belongs to root, also when the program runs as another user. A link on its way is followed as if the container's root were /. See mkdir(2), openat2(2).`,
      when: (c) => c.spec.process.cwd !== '/',
      async do(k, c) {
        const { cwd } = c.spec.process;
        try {
          await k.stage.close(await ensurePath(k, placeIn(c.live, cwd), 'directory'));
        } catch (error) {
          const { code, syscall } = error as { code?: string; syscall?: string };
          if (!syscall) throw error;
          throw new Error(`cannot make the working directory ${cwd}: ${errnoText(code ?? '')}`, { cause: error });
        }
      },
    },
  ],
  enter: [
    {
      id: 'init.working-directory',
      title: 'Go to the working directory',
      explain: `The directory is opened over no link of procfs, fchdir(2) goes there, and getcwd(2) must then begin at the container's own root.
With --pid host, /proc/1/root is the host's tree: a process that begins there can read and write it. See openat2(2), RESOLVE_NO_MAGICLINKS, getcwd(3).`,
      do: (k, c) => enterDirectory(k, c.spec.process.cwd),
    },
  ],
};
