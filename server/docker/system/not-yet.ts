/**
 * Routes of the Engine API that Drydock does not have yet. They answer 501 with a message that says so, because a 404
 * would suggest an error of the client.
 */
import { notFound, ApiError } from '../../../runtime/errors/api-error.ts';
import type { Routes } from '../http/route.ts';

const missing: Record<string, readonly string[]> = {
  'building images over BuildKit': ['POST /build/cancel', 'POST /session', 'POST /grpc'],
  'attaching over a WebSocket': ['GET /containers/*id/attach/ws'],
  checkpoints: [
    'GET /containers/*id/checkpoints',
    'POST /containers/*id/checkpoints',
    'DELETE /containers/*id/checkpoints/*name',
  ],
  'searching for images': ['GET /images/search'],
  plugins: [
    'GET /plugins/privileges',
    'POST /plugins/pull',
    'POST /plugins/create',
    'POST /plugins/*rest',
    'DELETE /plugins/*name',
  ],
  swarm: ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'].flatMap((part) =>
    ['GET', 'POST', 'DELETE'].flatMap((method) => [`${method} /${part}`, `${method} /${part}/*rest`]),
  ),
};

export const notYet: Routes = {
  'GET /plugins': () => [],
  'GET /plugins/*name/json': (x) => {
    throw notFound(`plugin "${x.param('name')}" not found`);
  },
  ...Object.fromEntries(
    Object.entries(missing).flatMap(([what, lines]) =>
      lines.map((line) => [
        line,
        () => {
          throw new ApiError(501, `${what}: not there yet in Drydock`);
        },
      ]),
    ),
  ),
};
