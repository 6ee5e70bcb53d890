import { AT_FDCWD, PR } from '../../../syscalls/constants.ts';
import { hasCode } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { isDirectory, statOf } from '../../../kernel/mount/inode.ts';
import { rightsOf, rootOf, treeOf } from '../../../kernel/process/inspect.ts';
import type { Process } from '../../../oci/spec.ts';
import { INIT_ANNOTATION } from '../../../container/bundle.ts';
import { NotExecutable } from '../../../oci/program.ts';
import type { Step } from '../../../container/step.ts';
import { interpreterMissing, interpreterOf } from './interpreter.ts';
import { workingDirectorySteps } from './working-directory.ts';

const X_OK = 1;
const STATX_TYPE = 2;
const STATX_SIZE = 256;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The errno that prevents `path` from being executed; undefined when nothing does. execve(2) would fail too, but with
 * less detail.
 */
async function whyNot(k: Kernel, path: string): Promise<string | undefined> {
  try {
    const stat = await k.stage.statx(AT_FDCWD, path, 0, STATX_TYPE, STATX_SIZE);
    if (isDirectory(statOf(stat))) return 'EISDIR';
    await k.stage.faccessat2(AT_FDCWD, path, X_OK, 0);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'))
      return (error as { code?: string }).code;
    throw error;
  }
}

/**
 * Finds argv[0] by execvp(3)'s rules, inside the container. A name with a slash is a path; another name is looked up in
 * the container's own PATH.
 */
export async function findProgram(k: Kernel, process: Process): Promise<string> {
  const name = process.args[0] ?? '';
  if (name.includes('/')) {
    const trouble = await whyNot(k, name);
    if (trouble) throw new NotExecutable(name, trouble);
    return name;
  }
  const path = process.env.find((e) => e.startsWith('PATH='))?.slice('PATH='.length) || DEFAULT_PATH;
  let denied = false;
  for (const dir of path.split(':')) {
    const candidate = `${dir || '.'}/${name}`;
    const trouble = await whyNot(k, candidate);
    if (!trouble) return candidate;
    if (trouble === 'EACCES') denied = true;
  }
  throw new NotExecutable(name, denied ? 'EACCES' : 'PATH');
}

const SIGKILL_OFF = 0;

/** The environment with the user's home when HOME is absent or empty. runc also treats `HOME=` as absent. */
function environment({ env, user }: Process): string[] {
  if (user.home === undefined || env.some((e) => /^HOME=./s.test(e))) return env;
  return [...env.filter((e) => e !== 'HOME='), `HOME=${user.home}`];
}

/** `hidden`: variables whose values no journal may have. */
async function replaceBy(k: Kernel, path: string, process: Process, hidden: readonly string[]): Promise<void> {
  const names = hidden.map((entry) => entry.split('=', 1)[0]!);
  const env = environment(process).filter((entry) => !names.includes(entry.split('=', 1)[0]!));
  const shown = [path, process.args, [...env, ...names.map((name) => `${name}=…`)]];
  await k.run({ actor: 'stage', name: 'execve', args: [path, process.args, [...env, ...hidden]], shown });
}

export async function execute(
  k: Kernel,
  process: Process,
  path: string,
  hidden: readonly string[] = [],
): Promise<void> {
  await k.batch((stage) => {
    stage.umask(process.user.umask ?? 0o022);
    // the program must survive the shim's death, and must not inherit descriptors of the stage
    stage.prctl(PR.PR_SET_PDEATHSIG, SIGKILL_OFF, 0, 0, 0);
    stage.close_range(4, 0xffffffff, 0);
  });
  try {
    if (hidden.length) await replaceBy(k, path, process, hidden);
    else await k.stage.execve(path, process.args, environment(process));
  } catch (error) {
    const interpreter = hasCode(error, 'ENOENT') ? await interpreterOf(k, path) : undefined;
    if (interpreter !== undefined) interpreterMissing(process.args[0] ?? path, interpreter, error);
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOEXEC', 'EPERM', 'ELOOP', 'ETXTBSY', 'E2BIG'))
      throw new NotExecutable(process.args[0] ?? path, (error as { code: string }).code);
    throw error;
  }
}

export const programSteps: { find: Step[]; execute: Step[] } = {
  find: [
    ...workingDirectorySteps.enter,
    {
      id: 'init.find-program',
      title: 'Find the program',
      explain: `execve(2) takes a path, so a bare name like "bash" is looked up in the container's own PATH, inside its own root. "Not found" here is the exit code 127 that shells use, "found but not executable" is 126. See execvp(3), environ(7).`,
      async do(k, c) {
        const { process } = c.spec;
        if (!c.spec.annotations?.[INIT_ANNOTATION]) return void (c.live.program = await findProgram(k, process));
        // [init, '--', program, …]: the small init program does not search PATH
        const program = await findProgram(k, { ...process, args: process.args.slice(2) });
        // and it could not report a missing interpreter
        const interpreter = await interpreterOf(k, program);
        if (interpreter && (await whyNot(k, interpreter)) === 'ENOENT') interpreterMissing(program, interpreter);
        process.args[2] = program;
      },
    },
  ],
  execute: [
    {
      id: 'init.execve',
      title: 'Execute the program',
      explain: `execve(2) replaces the stage with the program: same process, same pid, same namespaces, new code.
The stage's socket closes on exec, and that end of file is how the daemon learns that it worked; if it did not, the stage is still there and answers with the errno. Nothing of Drydock remains in the process.
Before that the daemon connects to the shim, so that attached clients get the output from its first byte on. See execve(2).`,
      async do(k, c) {
        await c.live.listen?.(k);
        await execute(k, c.spec.process, c.live.program ?? c.spec.process.args[0] ?? '', c.hiddenEnv);
        c.live.startedAt = Date.now();
        await k.shim.release();
      },
      inspect: async (_k, c) => (c.live.pid ? [rootOf(c.live.pid), treeOf(c.live.pid), rightsOf(c.live.pid)] : []),
    },
  ],
};
