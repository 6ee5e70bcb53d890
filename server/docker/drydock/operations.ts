/** Lists operations, and begins one for a client that wants to step through it from the first step. */
import type { GateOptions } from '../../../runtime/engine/engine.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import type { OperationHandle, OperationRecord } from '../../../runtime/operation/record.ts';
import type { Walked } from '../../../runtime/engine/find-walkable.ts';
import { begunBy } from '../../../runtime/operation/walking.ts';
import { type Json, readJson } from '../http/body.ts';
import { commitOptions } from '../images/commit.ts';
import { volumeRequest } from '../volumes/volume-request.ts';
import { networkOperations } from '../networks/network-operations.ts';
import { normalize } from '../../../runtime/image/manifest/reference.ts';
import { registryAuth } from '../images/registry-auth.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { walkRoutes } from './walk.ts';

type Shown = Omit<OperationRecord, 'left'> & { left: readonly string[] };
const shown = ({ record }: OperationHandle): Shown => ({ ...record, left: record.left ?? [] });

const texts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= 100 && value.every((one) => typeof one === 'string' && one !== '');

function gateOf({ step = false, break: breakpoints = [] }: Json): GateOptions {
  if (typeof step !== 'boolean') throw badParameter(`step must be true or false, got ${JSON.stringify(step)}`);
  if (!texts(breakpoints)) throw badParameter('break must be a list of steps, phases or system calls');
  return { mode: step ? 'step' : 'run', breakpoints };
}

/** Answers when the operation has its id. Its progress is in its journal. */
async function begin(x: Exchange): Promise<object> {
  const body = await readJson(x.req);
  const { kind } = body;
  const starter = typeof kind === 'string' && Object.hasOwn(starters, kind) ? starters[kind] : undefined;
  if (!starter)
    throw badParameter(
      `kind must be one of ${Object.keys(starters).join(', ')}, got ${JSON.stringify(kind)}: other operations begin with their own requests`,
    );
  const operation = await starter(x, body, gateOf(body));
  x.res.status(201);
  return shown(operation);
}

type Starter = (x: Exchange, body: Json, gate: GateOptions) => Promise<OperationHandle>;
const starters: Record<string, Starter> = {
  pull: beginPull,
  push: beginPush,
  commit: async (x, body, gate) => {
    const { changes = [], pause = true } = body;
    if (!texts(changes)) throw badParameter('changes must be a list of instructions');
    if (typeof pause !== 'boolean') throw badParameter(`pause must be true or false, got ${JSON.stringify(pause)}`);
    const options = commitOptions((name) => (typeof body[name] === 'string' ? body[name] : undefined), changes);
    return begunBy((walking) => x.engine.commit({ ...options, ...walking, gate, pause }));
  },
  ...networkOperations,
  build: () => {
    throw badParameter('a build begins with POST /build, because its context comes with the request');
  },
  import: () => {
    throw badParameter('an import begins with POST /images/create?step=1, because its archive comes with the request');
  },
  save: () => {
    throw badParameter('a save begins with GET /images/get?step=1, because its archive is the answer');
  },
  load: () => {
    throw badParameter('a load begins with POST /images/load?step=1, because its archive comes with the request');
  },
  'volume-create': (x, body, gate) => {
    const asked = volumeRequest(body);
    return begunBy((walking) => x.engine.volumes.create(asked, { ...walking, gate }));
  },
  'volume-remove': (x, { Name }, gate) => {
    if (typeof Name !== 'string' || !Name) throw badParameter('Name must name a volume');
    return begunBy((walking) => x.engine.volumes.remove(Name, false, { ...walking, gate }));
  },
};

async function beginPull(x: Exchange, { reference, platform }: Json, gate: GateOptions): Promise<OperationHandle> {
  if (typeof reference !== 'string' || !reference) throw badParameter('reference must name an image');
  if (platform !== undefined && typeof platform !== 'string')
    throw badParameter(`platform must be a text like linux/arm64, got ${JSON.stringify(platform)}`);
  const auth = registryAuth(x.req);
  const asked = { reference, gate, ...(platform && { platform }), ...(auth && { auth }) };
  return begunBy((walking) => x.engine.pull({ ...asked, ...walking }));
}

async function beginPush(x: Exchange, { reference }: Json, gate: GateOptions): Promise<OperationHandle> {
  if (typeof reference !== 'string' || !reference) throw badParameter('reference must name an image');
  const auth = registryAuth(x.req);
  return begunBy((walking) => x.engine.push({ reference: normalize(reference), gate, auth, ...walking }));
}

export const operations = (recording?: (of: Walked) => AsyncIterable<string>): Routes => {
  const the = (x: Exchange) => x.engine.operation(x.param('id'));
  return {
    'GET /drydock/operations': (x) => x.engine.operations().map(shown),
    'POST /drydock/operations': begin,
    'GET /drydock/operations/:id': (x) => shown(the(x)),
    ...walkRoutes('/drydock/operations/:id', {
      find: the,
      recording: recording && ((x) => recording({ operation: the(x) })),
    }),
  };
};
