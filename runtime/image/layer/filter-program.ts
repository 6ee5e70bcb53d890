/**
 * Decompresses formats that zlib does not have with an external program, as dockerd does. The program gets bytes on
 * stdin and gives bytes on stdout; it gets no file and no name.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { hasCode } from '../../kernel/errors.ts';
import { TarError } from './tar-header.ts';

/** Decompressing the output of `xz -9` needs 65 MiB; the format allows a dictionary of 4 GiB. */
const XZ_MEMORY = '256MiB';
const programs = {
  xz: ['xz', '--decompress', '--stdout', '--quiet', `--memlimit-decompress=${XZ_MEMORY}`],
  bzip2: ['bzip2', '--decompress', '--stdout', '--quiet'],
} as const;
export type Filtered = keyof typeof programs;
const MAX_COMPLAINT = 1000;

/** Throws TarError for damaged data, and when the program is not installed. Kills the program when the reader stops. */
export async function* filtered(kind: Filtered, source: Readable): AsyncGenerator<Buffer> {
  const [program, ...args] = programs[kind];
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(0, MAX_COMPLAINT)));
  // the program's exit status reports an early end
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
    // wait for the program's end, so that it does not outlive its layer
    await ended.catch(() => undefined);
  }
}
