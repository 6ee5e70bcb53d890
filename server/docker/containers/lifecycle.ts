/**
 * The verbs of containers: create, start, stop, kill, pause, rename, update, wait, remove. Engine API, "Containers".
 */
import type { ContainerRequest, HostConfig } from '../../../runtime/request/container-request.ts';
import { badParameter, notFound, ApiError } from '../../../runtime/errors/api-error.ts';
import { asks, canonicalRequest, canonicalUpdate } from '../../../runtime/request/request-shape.ts';
import { COMMAND_LIMIT, type Json, readJson } from '../http/body.ts';
import { messageOf } from '../http/failures.ts';
import { asMeant } from './old-clients.ts';
import type { Exchange, Routes } from '../http/route.ts';

/** Cmd and Entrypoint may be a string instead of a list, as in docker. */
function oneWordAsList(body: Json): Json {
  const listed = Object.entries(body).map(([key, value]) => [
    key,
    (key === 'Cmd' || key === 'Entrypoint') && typeof value === 'string' ? [value] : value,
  ]);
  return Object.fromEntries(listed) as Json;
}

async function create(x: Exchange): Promise<object> {
  const given = await readJson(x.req, COMMAND_LIMIT);
  if (!Object.keys(given).length) throw badParameter('config cannot be empty in order to create a container');
  const body = oneWordAsList(canonicalRequest(given));
  if (!body['Image'])
    throw badParameter(
      asks(body['Cmd']) || asks(body['Entrypoint'])
        ? 'no image given: the field Image is empty'
        : 'no command specified',
    );
  const request = asMeant({ ...body, HostConfig: body['HostConfig'] ?? {} } as ContainerRequest, x.api);
  const pull = x.query.text('pull');
  if (pull !== undefined && pull !== 'missing') throw badParameter(`invalid pull=${pull}: only missing is known`);
  const [name, platform] = [x.query.text('name'), x.query.text('platform')];
  const handle = await x.engine.create(request, {
    ...(name && { name }),
    ...(platform && { platform }),
    ...(pull && { pull }),
  });
  x.res.status(201);
  return { Id: handle.container.id, Warnings: handle.container.warnings };
}

type Condition = 'not-running' | 'next-exit' | 'removed';
const CONDITIONS: readonly string[] = ['not-running', 'next-exit', 'removed'] satisfies Condition[];

/** The headers are sent at once, so that the client knows that the wait has begun. The body follows at the exit. */
async function wait(x: Exchange): Promise<void> {
  const handle = x.engine.container(x.param('id'));
  const condition = x.query.text('condition') ?? 'not-running';
  if (!CONDITIONS.includes(condition)) throw badParameter(`invalid condition: ${JSON.stringify(condition)}`);
  const over = handle
    .wait(condition as Condition)
    .catch((error: unknown) => ({ StatusCode: -1, Error: { Message: messageOf(error) } }));
  x.res.writeHead(200, { 'Content-Type': 'application/json' });
  x.res.flushHeaders();
  x.res.end(`${JSON.stringify(await over)}\n`);
}

async function update(x: Exchange): Promise<object> {
  const body = canonicalUpdate(await readJson(x.req));
  // the field is of API 1.40, and an older client may send a 0 that means nothing
  if (x.api < 40) delete (body as Partial<HostConfig>).PidsLimit;
  return { Warnings: await x.engine.container(x.param('id')).update(body as Partial<HostConfig>) };
}

/** `ref`: 'web/db', the container and the alias. The words are dockerd's, and so are the statuses. */
async function removeLink({ engine }: Exchange, ref: string): Promise<number> {
  const [, parent = '', alias = ''] = /^\/?([^/]+)\/([^/]+)$/.exec(ref) ?? [];
  if (!alias && engine.container(ref))
    throw new ApiError(500, 'Conflict, cannot remove the default link name of the container');
  const container = engine.containers().find(({ container: { name } }) => name === parent);
  if (!container) throw notFound(`No such container: ${ref}`);
  await container.networks.removeLink(alias);
  return 204;
}

async function remove(x: Exchange): Promise<number> {
  if (x.query.flag('link')) return removeLink(x, x.param('id'));
  await x.engine.container(x.param('id')).remove({
    force: x.query.flag('force'),
    volumes: x.query.flag('v'),
  });
  return 204;
}

/**
 * Before API 1.24 a body of start changed the HostConfig. As in dockerd, only a body of up to 7 bytes passes, such as
 * `null` or `{}`.
 */
function checkNoBody({ headers }: Exchange['req']): void {
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 7)
    throw badParameter(
      'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
    );
}

async function start(x: Exchange): Promise<number> {
  checkNoBody(x.req);
  const [name, directory] = [x.query.text('checkpoint'), x.query.text('checkpoint-dir')];
  const from = name ? { name, ...(directory && { directory }) } : undefined;
  await x.engine.container(x.param('id')).start(undefined, from);
  return 204;
}

/** Rows and columns from ?h= and ?w=. A terminal has at most 65535 of each: ioctl_tty(2), struct winsize. */
export function windowSize({ query }: Exchange): [height: number, width: number] {
  const [h, w] = [query.integer('h'), query.integer('w')];
  for (const [name, value] of [
    ['h', h],
    ['w', w],
  ] as const)
    if (value === undefined || value < 0 || value > 65_535)
      throw badParameter(`${name} must be 0 to 65535, got ${value}`);
  return [h!, w!];
}

const nothing =
  (act: (x: Exchange) => Promise<void> | void, status = 204) =>
  async (x: Exchange): Promise<number> => {
    await act(x);
    return status;
  };
const the = (x: Exchange) => x.engine.container(x.param('id'));

export const containersLifecycle: Routes = {
  'POST /containers/create': create,
  'POST /containers/*id/start': start,
  'POST /containers/*id/stop': nothing((x) => the(x).stop(x.query.text('signal'), x.query.integer('t'))),
  'POST /containers/*id/restart': nothing((x) => the(x).restart(x.query.text('signal'), x.query.integer('t'))),
  'POST /containers/*id/kill': nothing((x) => the(x).kill(x.query.text('signal'))),
  'POST /containers/*id/pause': nothing((x) => the(x).pause()),
  'POST /containers/*id/unpause': nothing((x) => the(x).unpause()),
  'POST /containers/*id/rename': nothing((x) => the(x).rename(x.query.text('name') ?? '')),
  'POST /containers/*id/resize': nothing((x) => the(x).resize(...windowSize(x)), 200),
  'POST /containers/*id/update': update,
  'POST /containers/*id/wait': wait,
  'DELETE /containers/*id': remove,
};
