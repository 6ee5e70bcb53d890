/**
 * `docker top`: runs the host's ps(1) with the client's arguments and keeps the container's processes by their pid.
 * dockerd does the same, so that every column and order of ps is available.
 */
import { execFile } from 'node:child_process';
import type { Container } from '../container/container.ts';
import { badParameter, ApiError } from '../errors/api-error.ts';

export interface Top {
  Titles: string[];
  Processes: string[][];
}

const LIMIT_MS = 10_000;
const OUTPUT_MOST = 16 << 20;
/** The list of pids is one argument, and the kernel takes at most 128 KiB for one argument: execve(2). */
const LIST_MOST = 100_000;

const words = (line: string): string[] => line.trim().split(/\s+/);

function ps(args: readonly string[]): Promise<string> {
  // the width of the daemon's own terminal would truncate the commands
  const { COLUMNS: _width, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile('ps', args, { env, timeout: LIMIT_MS, maxBuffer: OUTPUT_MOST }, (error, out, err) => {
      if (!error) return resolve(out);
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        return reject(new ApiError(501, 'ps is not installed on the host, and top needs it', { cause: error }));
      reject(badParameter(`ps: ${err.trim().split('\n')[0] || error.message}`));
    });
  });
}

/**
 * The titles, and the rows of `pids`. The last column takes the rest of its line. Throws 400 when there is no column
 * PID.
 */
export function parseTop(output: string, pids: ReadonlySet<number>): Top {
  const [head = '', ...lines] = output.split('\n');
  const Titles = words(head);
  const at = Titles.indexOf('PID');
  if (at < 0) throw badParameter("Couldn't find PID field in ps output");
  const rows = lines
    .filter((line) => line.trim())
    .map(words)
    .filter((row) => pids.has(Number(row[at])));
  return {
    Titles,
    Processes: rows.map((row) => [...row.slice(0, Titles.length - 1), row.slice(Titles.length - 1).join(' ')]),
  };
}

/** `args` are the arguments of ps, split at blanks. The pids are the host's. */
export async function top(c: Container, args = ''): Promise<Top> {
  const asked = args.trim() ? words(args) : ['-ef'];
  // -o pid=NAME would change the title of the column
  const renamed = /(?:^|[\s,])(pid)=(\S*)/i.exec(args);
  if (renamed) throw badParameter(`specifying "${renamed[1]}=${renamed[2]}" is not allowed`);
  const pids = new Set(await c.cgroup.processes());
  const list = `-q${[...pids].join(',')}`;
  // some options of ps do not work with a list of pids; then all processes are listed
  const output =
    list.length > LIST_MOST || !pids.size ? await ps(asked) : await ps([...asked, list]).catch(() => ps(asked));
  return parseTop(output, pids);
}
