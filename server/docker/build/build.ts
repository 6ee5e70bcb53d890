/** POST /build: the classic builder's wire, which docker uses without BuildKit. Engine API, "Build an image". */
import { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { afterFailure } from '../../../runtime/build/build.ts';
import { ApiError, badParameter } from '../../../runtime/errors/api-error.ts';
import { hostPlatform, parsePlatform, showPlatform } from '../../../runtime/image/manifest/platform.ts';
import type { BuildOptions } from '../../../runtime/engine/build-options.ts';
import type { NamedContext } from '../../../runtime/build/context/named.ts';
import { isRepository } from '../../../runtime/build/git/is-repository.ts';
import { registryConfig } from '../images/registry-auth.ts';
import { drained } from '../../../runtime/kernel/drained.ts';
import { messageOf } from '../http/failures.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { walkedBy } from '../http/walked.ts';
import { imageName } from './image-name.ts';
import { names, table } from './json-query.ts';
import { isInline } from './is-inline.ts';
import { limitsOf } from './limits.ts';
import { secretsHeader } from './secrets-header.ts';
import { prune } from './usage.ts';

/** What the classic builder has and this one has not. A value that means "not given" is taken. */
const MISSING = `squash session outputs isolation securityopt`.split(' ');
const EMPTY = new Set(['', '0', 'false', 'null', '[]', '{}', 'default']);

function refuseMissing(x: Exchange): void {
  if (x.query.text('version') === '2')
    throw new ApiError(501, 'building images over BuildKit: not there yet in Drydock');
  for (const name of MISSING)
    if (x.query.list(name).some((value) => !EMPTY.has(value)))
      throw new ApiError(501, `${name} of a build: not there yet in Drydock`);
  const platform = x.query.text('platform');
  if (platform && showPlatform(parsePlatform(platform)) !== showPlatform(hostPlatform()))
    throw new ApiError(501, `building for ${platform}: not there yet in Drydock`);
}

/** The lines of the answer. With q only the id is told. */
function lines(x: Exchange): Pick<BuildOptions, 'tell' | 'output' | 'made'> & {
  line(value: object): void;
  begin(): void;
} {
  const { res } = x;
  const quiet = x.query.flag('q');
  const begin = () => void (res.headersSent || res.writeHead(200, { 'Content-Type': 'application/json' }));
  const line = (value: object) => {
    if (res.destroyed) return;
    begin();
    res.write(`${JSON.stringify(value)}\r\n`);
  };
  return {
    line,
    begin,
    tell: (stream) => void (quiet || line({ stream })),
    output: (text, stream) => {
      if (quiet) return Promise.resolve();
      // stderr is red
      line({ stream: stream === 2 ? `\u001b[91m${text}\u001b[0m` : text });
      return drained(res);
    },
    made: (ID) => void (quiet || line({ aux: { ID } })),
  };
}

const IMAGE = 'docker-image://';
/** `drydock build --build-context`: this wire has no session from which a directory could come. Throws ApiError. */
function contextsOf(x: Exchange): Map<string, NamedContext> {
  return new Map(
    [...table(x, 'contexts')].map(([name, value]): [string, NamedContext] => {
      if (value.startsWith(IMAGE)) return [name, { image: value.slice(IMAGE.length) }];
      if (isRepository(value)) return [name, { repository: value }];
      throw badParameter(
        `--build-context ${name}=${value}: there are docker-image:// and git repositories; docker buildx sends directories`,
      );
    }),
  );
}

type Asked = Omit<BuildOptions, 'tell' | 'output' | 'made' | 'explain'>;

/** Throws ApiError for what is wrong or missing, before anything of the context was read. */
function optionsOf(x: Exchange): Asked {
  refuseMissing(x);
  const { query } = x;
  const networkMode = query.text('networkmode');
  const target = query.text('target');
  const remote = query.text('remote');
  if (remote && !isRepository(remote))
    throw new ApiError(501, 'remote of a build: not there yet in Drydock, but for git');
  return {
    isClassic: true,
    ...(remote && { repository: remote }),
    dockerfile: query.text('dockerfile') ?? 'Dockerfile',
    tags: query.list('t').map(imageName),
    args: table(x, 'buildargs'),
    labels: Object.fromEntries(table(x, 'labels')),
    contexts: contextsOf(x),
    noCache: query.flag('nocache'),
    pull: query.flag('pull'),
    cacheFrom: names(x, 'cachefrom'),
    inlineCache: isInline(table(x, 'buildargs').get('BUILDKIT_INLINE_CACHE')),
    ...(query.list('nocachefilter').length && { noCacheStages: query.list('nocachefilter') }),
    keep: !query.flag('rm', true) && !query.flag('forcerm'),
    ...(target && { target }),
    ...(networkMode && { networkMode }),
    limits: limitsOf(x),
    pass: (fd) => pipeline(x.req, new Socket({ fd, readable: true, writable: true })),
    auth: registryConfig(x.req),
    secret: secretsHeader(x.req),
  };
}

async function answer(x: Exchange): Promise<void> {
  const options = optionsOf(x);
  const out = lines(x);
  try {
    const image = await x.engine.build({
      ...options,
      tell: out.tell,
      imports: (name) => (error) => void (error && out.tell(`[Warning] --cache-from ${name}: ${error}\n`)),
      output: out.output,
      made: out.made,
      ...walkedBy(x, out.begin),
      ...(holdsFailures(x) && {
        onFailure: (failed) => {
          out.line({ aux: { failed } });
          return x.engine.builds.failed.hold(failed, x.gone());
        },
      }),
    });
    if (x.query.flag('q')) out.line({ stream: `${image.id}\n` });
  } catch (error) {
    if (!x.res.headersSent) throw error;
    const message = messageOf(error);
    const code = error instanceof ApiError ? error.exitCode : undefined;
    out.line({ errorDetail: { ...(code !== undefined && { code }), message }, error: message });
  }
  x.res.end();
}

/** ?onfailure=shell. Throws ApiError 400 for another value. */
function holdsFailures(x: Exchange): boolean {
  const asked = x.query.text('onfailure');
  if (asked && asked !== 'shell') throw badParameter(`invalid value for onfailure: ${asked}; there is: shell`);
  return asked === 'shell';
}

/** What is done with a RUN that has failed: `?act=shell`, retry, fresh, continue or abort. */
function failed(x: Exchange): number {
  const act = x.query.text('act') ?? '';
  const known = afterFailure.find((one) => one === act);
  if (act === 'shell') x.engine.builds.failed.shell(x.param('id'));
  else if (known) x.engine.builds.failed.answer(x.param('id'), known);
  else throw badParameter(`invalid act: ${act}; there are: shell, ${afterFailure.join(', ')}`);
  return 204;
}

/** What the cache has of a build: a list of `{ number, text, hit, reasons }`. */
const why = (x: Exchange): Promise<object> => {
  const silent = { tell: () => undefined, made: () => undefined, output: () => Promise.resolve() };
  return x.engine.builds.why({ ...optionsOf(x), ...silent, signal: x.gone() });
};

export const build: Routes = {
  'POST /build': answer,
  'POST /build/prune': prune,
  'POST /drydock/build/why': why,
  'POST /drydock/build/failed/:id': failed,
};
