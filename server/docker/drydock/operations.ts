/** Lists operations, and begins one for a client that wants to step through it from the first step. */
import type { GateOptions } from '../../../runtime/engine/engine.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import type { OperationHandle, OperationRecord } from '../../../runtime/operation/record.ts';
import type { Walked } from '../../../runtime/engine/find-walkable.ts';
import { begunPull } from '../../../runtime/engine/pull-options.ts';
import { type Json, readJson } from '../http/body.ts';
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
  const { kind, reference, platform } = body;
  if (kind !== 'pull')
    throw badParameter(
      `kind must be "pull", got ${JSON.stringify(kind)}: other operations begin with their own requests`,
    );
  if (typeof reference !== 'string' || !reference) throw badParameter('reference must name an image');
  if (platform !== undefined && typeof platform !== 'string')
    throw badParameter(`platform must be a text like linux/arm64, got ${JSON.stringify(platform)}`);
  const gate = gateOf(body);
  const auth = registryAuth(x.req);
  const operation = await begunPull(x.engine, {
    reference,
    gate,
    ...(platform && { platform }),
    ...(auth && { auth }),
  });
  x.res.status(201);
  return shown(operation);
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
