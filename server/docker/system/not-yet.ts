/**
 * Routes of the Engine API that Drydock does not serve. What an engine outside a swarm and without plugins answers too,
 * is answered in dockerd's words. The rest answers 501 and says so, because a 404 would suggest an error of the client.
 */
import { notFound, ApiError } from '../../../runtime/errors/api-error.ts';
import type { Routes } from '../http/route.ts';

const missing: Record<string, readonly string[]> = {
  'cancelling a build by its id: not there yet in Drydock': ['POST /build/cancel'],
  'Drydock has no plugins: they are containers with rights on the host, and none of them can be installed': [
    'GET /plugins/privileges',
    'POST /plugins/pull',
    'POST /plugins/create',
  ],
  'Drydock is one machine: it cannot be a node of a swarm': ['POST /swarm/init', 'POST /swarm/join'],
};

const NO_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and ' +
  'try again.';

const noPlugin: Routes[string] = (x) => {
  throw notFound(`plugin "${x.param('name')}" not found`);
};

/** Each of these lines answers with this error. */
const failing = (status: ApiError['status'], message: string, lines: readonly string[]): Routes =>
  Object.fromEntries(
    lines.map((line) => [
      line,
      () => {
        throw new ApiError(status, message);
      },
    ]),
  );

/** The order matters: the first route that matches answers. */
export const notYet: Routes = {
  'GET /plugins': () => [],
  ...Object.assign({}, ...Object.entries(missing).map(([message, lines]) => failing(501, message, lines))),
  'GET /plugins/*name/json': noPlugin,
  ...Object.fromEntries(
    ['enable', 'disable', 'upgrade', 'push', 'set'].map((verb) => [`POST /plugins/*name/${verb}`, noPlugin]),
  ),
  'DELETE /plugins/*name': noPlugin,
  ...failing(503, 'This node is not part of a swarm', ['POST /swarm/leave', 'POST /swarm/unlock']),
  ...failing(
    503,
    NO_MANAGER,
    ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'].flatMap((part) =>
      ['GET', 'POST', 'DELETE'].flatMap((method) => [`${method} /${part}`, `${method} /${part}/*rest`]),
    ),
  ),
};
