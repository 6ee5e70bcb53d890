/**
 * What zlib cannot decompress goes through the program that can, as in dockerd: bytes in, bytes out, no file and no
 * name given to it.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { hasCode } from '../../kernel/errors.ts';
import { TarError } from './tar-header.ts';

/** `xz -9` needs 65 MiB to be undone; the format allows a dictionary of 4 GiB. */
const XZ_MEMORY = '256MiB';
const programs = {
  xz: ['xz', '--decompress', '--stdout', '--quiet', `--memlimit-decompress=${XZ_MEMORY}`],
  bzip2: ['bzip2', '--decompress', '--stdout', '--quiet'],
} as const;
export type Filtered = keyof typeof programs;
const MAX_COMPLAINT = 1000;

/** Throws TarError for damaged data and where the program is not installed. Ends the program when its reader stops. */
export async function* filtered(kind: Filtered, source: Readable): AsyncGenerator<Buffer> {
  const [program, ...args] = programs[kind];
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(0, MAX_COMPLAINT)));
  // an early end is told by the program's status
  child.stdin.on('error', () => undefined);
  source.on('error', (error) => child.stdout.destroy(error));
  source.pipe(child.stdin);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        hasCode(error, 'ENOENT')
          ? new TarError(`the layer is compressed with ${kind}: install the program ${program} on this machine`)
          : error,
      ),
    );
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new TarError(`the layer is damaged: ${complaint.trim() || `${program} ended with ${code}`}`)),
    );
  });
  ended.catch(() => undefined);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    await ended;
  } finally {
    source.unpipe(child.stdin);
    child.kill('SIGKILL');
    // no layer is done while its program still runs
    await ended.catch(() => undefined);
  }
}
