/** The list of containers and operations of all clients. */
import type { ContainerHandle, Engine } from '../../runtime/engine/engine.ts';
import { leftOut } from '../../runtime/container/leave-out.ts';
import type { OperationHandle, OperationState, StandaloneKind } from '../../runtime/operation/record.ts';
import type { Walked } from '../../runtime/engine/find-walkable.ts';
import type { Listed, ShownState } from './messages.ts';
import { branchOf } from './branch.ts';

export function rowOf(
  engine: Engine,
  { container: { id, name, request, image }, state, created }: ContainerHandle,
): Listed {
  const { status, machine, exitCode, pid, error } = state;
  const words = [...(request.Entrypoint ?? []), ...(request.Cmd ?? image?.config.config?.Cmd ?? [])];
  const unsafe = leftOut(request);
  const branch = branchOf(engine, request.Labels);
  return {
    id,
    name,
    image: request.Image,
    command: words.join(' ').slice(0, 200),
    status,
    machine,
    created,
    exitCode,
    pid,
    tty: request.Tty ?? false,
    error,
    ...(unsafe.length && { unsafe }),
    ...(branch && { branch }),
  };
}

const machines: Record<OperationState, ShownState> = {
  begun: 'created',
  pulling: 'pulling',
  creating: 'creating',
  removing: 'removing',
  unwinding: 'unwinding',
  done: 'done',
  failed: 'failed',
};

/** The row of an operation, which has neither a process nor streams. */
export function operationRow({ record: { id, kind, subject, state, created, error } }: OperationHandle): Listed {
  const status = state === 'done' ? 'exited' : state === 'failed' ? 'dead' : 'created';
  return {
    id,
    name: subject.name,
    image: '',
    command: '',
    operation: kind as StandaloneKind,
    status,
    machine: machines[state],
    created,
    exitCode: 0,
    pid: 0,
    tty: false,
    error,
  };
}

export const listedOf = (engine: Engine, walked: Walked): Listed =>
  'container' in walked ? rowOf(engine, walked.container) : operationRow(walked.operation);

/**
 * How many finished operations are listed: more of them would hide the containers of a machine that pulls every minute.
 * `drydock operations` lists all.
 */
const OPERATIONS = 20;

/** The list, the newest first. */
export const list = (engine: Engine): Listed[] =>
  [
    ...engine.containers().map((handle) => rowOf(engine, handle)),
    // operations of a container are in the container's own row
    ...engine
      .operations()
      .filter(({ record }) => record.subject.kind !== 'container')
      .filter(({ record: { state } }, place) => place < OPERATIONS || (state !== 'done' && state !== 'failed'))
      .map(operationRow),
  ].sort((a, b) => b.created - a.created);
