/** The Dockerfile and the context of a build, from the client's session. */
import { Socket } from 'node:net';
import { posix } from 'node:path';
import { isRepository } from '../../../../runtime/build/git/is-repository.ts';
import { parseRepository } from '../../../../runtime/build/git/repository.ts';
import type { BuildOptions } from '../../../../runtime/engine/build-options.ts';
import { ApiError, badParameter } from '../../../../runtime/errors/api-error.ts';
import { withoutPassword } from '../../../../runtime/kernel/http.ts';
import { filesOf, passFiles } from './file-sync.ts';
import type { NamedContext } from '../../../../runtime/build/context/named.ts';
import type { Progress, Track } from './progress.ts';
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

/** The images and directories that the client gives a name. Throws ApiError 501 for another kind. */
function namedOf(
  session: Session,
  attributes: Attributes,
  progress: Progress,
  signal: AbortSignal,
): Map<string, NamedContext> {
  const named = Object.entries(attributes).filter(([key]) => key.startsWith('context:'));
  return new Map(
    named.map(([key, value]): [string, NamedContext] => {
      const name = key.slice('context:'.length);
      if (value.startsWith('docker-image://')) return [name, { image: value.slice('docker-image://'.length) }];
      if (isRepository(value)) return [name, { repository: value }];
      if (!value.startsWith('local:'))
        throw new ApiError(
          501,
          `--build-context ${name}=${value}: not there yet in Drydock; there are directories, git repositories and docker-image://`,
        );
      const directory = value.slice('local:'.length);
      return [name, { pass: (fd) => passDirectory(session, directory, name, progress.track(), fd, signal) }];
    }),
  );
}

async function passDirectory(
  session: Session,
  directory: string,
  name: string,
  track: Track,
  fd: number,
  signal: AbortSignal,
): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.on('error', () => undefined).resume();
  track.begin(`[context ${name}] load from client`);
  try {
    const ignore = (await filesOf(session, directory, ['.dockerignore'], signal))('.dockerignore');
    await passFiles(session, { 'dir-name': [directory], 'exclude-patterns': patternsOf(ignore ?? '') }, socket, signal);
    track.end();
  } catch (cause) {
    const { message } = cause as Error;
    track.end(message);
    if (socket.destroyed) throw cause;
    throw new ApiError(400, `failed to receive the context ${name}: ${message}`, { cause });
  } finally {
    socket.end();
  }
}

/** The daemon fetches the files, and the Dockerfile is among them. */
function fromRepository(
  repository: string,
  contexts: Map<string, NamedContext>,
  progress: Progress,
): Pick<BuildOptions, 'pass' | 'contexts' | 'repository'> {
  // an address that cannot be fetched is told in words before it is shown
  parseRepository(repository);
  progress.begin(`[internal] load git source ${withoutPassword(repository)}`);
  return { repository, contexts, pass: () => Promise.resolve() };
}

/** `signal` ends the transfer. */
export function contextOf(
  session: Session,
  attributes: Attributes,
  progress: Progress,
  signal: AbortSignal,
): Pick<BuildOptions, 'text' | 'pass' | 'contexts' | 'contextKey' | 'repository'> {
  const source = attributes['context'];
  const contexts = namedOf(session, attributes, progress, signal);
  if (source && isRepository(source) && attributes['dockerfilekey'])
    throw new ApiError(501, 'a Dockerfile of the client for a git repository: not there yet in Drydock; commit it');
  if (source && isRepository(source)) return fromRepository(source, contexts, progress);
  if (source && !source.startsWith('local:'))
    throw badParameter(`the context ${source} is no directory and no git repository: not there yet in Drydock`);
  const name = attributes['filename'] || 'Dockerfile';
  let own: string | undefined;
  return {
    contexts,
    ...(session.sharedKey && {
      contextKey: { key: `context:${session.sharedKey}`, description: 'local source for context' },
    }),
    async text() {
      progress.begin(`[internal] load build definition from ${posix.basename(name)}`);
      const names = [name, `${name}.dockerignore`, ...(name === 'Dockerfile' ? ['dockerfile'] : [])];
      const files = await filesOf(session, 'dockerfile', names, signal);
      const text = files(name) ?? (name === 'Dockerfile' ? files('dockerfile') : undefined);
      if (text === undefined) throw badParameter(`failed to read dockerfile: open ${name}: no such file or directory`);
      own = files(`${name}.dockerignore`);
      return text;
    },
    async pass(fd, files) {
      const socket = new Socket({ fd, readable: true, writable: true });
      socket.on('error', () => undefined).resume();
      try {
        progress.begin('[internal] load .dockerignore');
        const ignore = own ?? (await filesOf(session, 'context', ['.dockerignore'], signal))('.dockerignore');
        progress.begin('[internal] load build context');
        const wanted = { 'dir-name': ['context'], 'exclude-patterns': patternsOf(ignore ?? '') };
        await passFiles(session, wanted, socket, signal, files);
      } catch (cause) {
        if (socket.destroyed) throw cause;
        throw new ApiError(400, `failed to receive the context: ${(cause as Error).message}`, { cause });
      } finally {
        socket.end();
      }
    },
  };
}
