/** Checkpoints of a running container. Engine API up to 1.24 and moby's api/server/router/checkpoint. */
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { named } from '../../../runtime/request/request-shape.ts';
import { readJson } from '../http/body.ts';
import type { Exchange, Routes } from '../http/route.ts';

const FIELDS = new Set(['CheckpointID', 'CheckpointDir', 'Exit']);
const the = (x: Exchange) => x.engine.container(x.param('id')).checkpoints;

async function create(x: Exchange): Promise<number> {
  const checkpoints = the(x);
  const { CheckpointID: name, CheckpointDir: directory, Exit: exits } = named(await readJson(x.req), FIELDS);
  if (typeof name !== 'string') throw badParameter('invalid CheckpointID: it must be a string');
  if (directory !== undefined && directory !== null && typeof directory !== 'string')
    throw badParameter('invalid CheckpointDir: it must be a string');
  if (exits !== undefined && exits !== null && typeof exits !== 'boolean')
    throw badParameter('invalid Exit: it must be true or false');
  await checkpoints.create({ name, exits: exits ?? false, ...(directory && { directory }) }, x.gone());
  return 201;
}

export const containersCheckpoints: Routes = {
  'POST /containers/*id/checkpoints': create,
  'GET /containers/*id/checkpoints': async (x) => (await the(x).list(x.query.text('dir'))).map((Name) => ({ Name })),
  'DELETE /containers/*id/checkpoints/*name': async (x) => {
    await the(x).remove(x.param('name'), x.query.text('dir'));
    return 204;
  },
};
