/** The Dockerfile and the context of a build, from the client's session. */
import { Socket } from 'node:net';
import { posix } from 'node:path';
import type { BuildOptions } from '../../../../runtime/engine/build-options.ts';
import { ApiError, badParameter } from '../../../../runtime/errors/api-error.ts';
import { filesOf, passFiles } from './file-sync.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';

type Attributes = Readonly<Record<string, string>>;

/** The patterns of a .dockerignore as the client's matcher takes them. Docker documentation, ".dockerignore files". */
export const patternsOf = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => {
      const written = line.trim();
      const isException = written.startsWith('!');
      const pattern = (isException ? written.slice(1) : written).trim();
      if (!pattern) return [];
      const clean = posix.normalize(pattern).replace(/^\/(?=.)/, '');
      return [`${isException ? '!' : ''}${clean}`];
    });

/** `signal` ends the transfer. */
export function contextOf(
  session: Session,
  attributes: Attributes,
  progress: Progress,
  signal: AbortSignal,
): Pick<BuildOptions, 'text' | 'pass'> {
  const source = attributes['context'];
  if (source && !source.startsWith('local:'))
    throw badParameter(`the context ${source} is no directory of the client: not there yet in Drydock`);
  const name = attributes['filename'] || 'Dockerfile';
  let own: string | undefined;
  return {
    async text() {
      progress.begin(`[internal] load build definition from ${posix.basename(name)}`);
      const names = [name, `${name}.dockerignore`, ...(name === 'Dockerfile' ? ['dockerfile'] : [])];
      const files = await filesOf(session, 'dockerfile', names, signal);
      const text = files(name) ?? (name === 'Dockerfile' ? files('dockerfile') : undefined);
      if (text === undefined) throw badParameter(`failed to read dockerfile: open ${name}: no such file or directory`);
      own = files(`${name}.dockerignore`);
      return text;
    },
    async pass(fd) {
      const socket = new Socket({ fd, readable: true, writable: true });
      socket.on('error', () => undefined).resume();
      try {
        progress.begin('[internal] load .dockerignore');
        const ignore = own ?? (await filesOf(session, 'context', ['.dockerignore'], signal))('.dockerignore');
        progress.begin('[internal] load build context');
        const wanted = { 'dir-name': ['context'], 'exclude-patterns': patternsOf(ignore ?? '') };
        await passFiles(session, wanted, socket, signal);
      } catch (cause) {
        if (socket.destroyed) throw cause;
        throw new ApiError(400, `failed to receive the context: ${(cause as Error).message}`, { cause });
      } finally {
        socket.end();
      }
    },
  };
}
