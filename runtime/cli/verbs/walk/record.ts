import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { drydockPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { print, warn } from '../../terminal/columns.ts';
import { Failure, messageOf, misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

/**
 * Writes to a temporary name and renames the file when it is complete. A file that was there before stays until then.
 */
async function writeWhole(path: string, write: (to: NodeJS.WritableStream) => Promise<void>): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    // other users must not read a container's output
    await write(createWriteStream(part, { mode: 0o600, flags: 'wx' }));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw new Failure(`cannot write ${path}: ${messageOf(error)}`, 1, { cause: error });
  }
}

const size = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

export function command(): Command {
  return verb(
    'record',
    'Write a run into one HTML file: the page with its journal and its output, to be opened in any browser, offline, without Drydock. It holds what the container was given (arguments, environment) and all that it printed.',
    'record -o run.html web',
    'record web | ssh desk "cat > run.html"',
  )
    .argument('<container|operation>')
    .option('-o, --output <file>', 'the file to write, replaced when it is there; - is stdout')
    .action(async (name: string, { output = '-' }: { output?: string }, command: Command) => {
      if (output === '-' && process.stdout.isTTY)
        throw misuse('a recording is not for a terminal: give -o FILE, or send stdout elsewhere');
      const begun = performance.now();
      const recording = await (await connectTo(command)).open('GET', drydockPath(name, '/recording'));
      let bytes = 0;
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          done(null, chunk);
        },
      });
      if (output === '-') await pipeline(recording, counted, process.stdout, { end: false });
      else await writeWhole(output, (to) => pipeline(recording, counted, to));
      (output === '-' ? warn : print)(
        `${output === '-' ? 'the recording' : output}: ${size(bytes)} in ${Math.round(performance.now() - begun)} ms`,
      );
    });
}
