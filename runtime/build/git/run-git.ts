/**
 * Runs git for a build. What a repository has is a stranger's, and what git does with it is a large program's work, so
 * git gets a mount and a PID namespace, no user's rights, no configuration and no hooks. It sees the directory of the
 * repository as /tmp. With the daemon, or when the build is cut off, all its processes end.
 *
 *   setpriv --pdeathsig ─▶ unshare --mount --pid ─▶ sh: mount --bind DIR /tmp ─▶ setpriv --reuid 65534 ─▶ git
 */
import { spawn } from 'node:child_process';
import { ApiError } from '../../errors/api-error.ts';

const NOBODY = 65534;
const COMPLAINT_MOST = 2000;
const OUTPUT_MOST = 64 * 1024;
/** For one command, in milliseconds. */
const TIME_MOST_MS = 60 * 60_000;
/** Of one file, in blocks of 512 bytes: 16 GiB. */
const FILE_MOST = 2 ** 25;
const NOT_FOUND = 127;

const INSIDE = `mount --bind "$1" /tmp
cd /tmp
shift
ulimit -f ${FILE_MOST}
# its shell stays root and the first process, because a change of user drops the signal of --kill-child
setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@" ||
  exit $?`;
const ALONE = ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--pid', '--ipc', '--fork', '--kill-child', '--'];

/** git(1), "Environment Variables"; git-config(1). */
const ENVIRONMENT = {
  LC_ALL: 'C',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'http:https:git',
  GIT_DIR: '/tmp/repository',
  GIT_WORK_TREE: '/tmp/tree',
};
const CONFIG = ['core.hooksPath=/dev/null', 'protocol.file.allow=never', 'credential.helper=', 'gc.auto=0'];

/**
 * Runs one git command in `dir`, which has to belong to the uid 65534, because git runs as this user. Returns stdout.
 * Throws GitError when git fails, ApiError 500 when git is not installed, and the reason of the signal when that is
 * aborted.
 */
export async function runGit(dir: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const command = ['git', ...CONFIG.flatMap((one) => ['-c', one]), ...args];
  const child = spawn('setpriv', [...ALONE, 'sh', '-ec', INSIDE, 'sh', dir, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...ENVIRONMENT },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIME_MOST_MS)]),
    killSignal: 'SIGKILL',
  });
  let [output, complaint] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (output = (output + part.toString()).slice(0, OUTPUT_MOST)));
  // the reason stands at the end, after the progress
  child.stderr.on('data', (part: Buffer) => (complaint = (complaint + part.toString()).slice(-COMPLAINT_MOST)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).catch((cause: Error) => {
    signal.throwIfAborted();
    throw new ApiError(500, `git cannot be run: ${cause.message}`, { cause });
  });
  if (code === NOT_FOUND)
    throw new ApiError(500, 'a build from a git repository needs the program git: install it on this machine');
  if (code !== 0) throw new GitError(complaint.trim() || `git ended with ${code}`);
  return output;
}

/** git has said no. */
export class GitError extends Error {}
