/** The list of containers and operations, whoever started them. */
import type { ContainerHandle, Engine } from '../../runtime/engine/engine.ts';
import { leftOut } from '../../runtime/container/leave-out.ts';
import type { OperationHandle, OperationState } from '../../runtime/operation/record.ts';
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
  unwinding: 'unwinding',
  done: 'done',
  failed: 'failed',
};

/** An operation has neither a process nor streams. */
export function operationRow({ record: { id, subject, state, created, error } }: OperationHandle): Listed {
  const status = state === 'done' ? 'exited' : state === 'failed' ? 'dead' : 'created';
  return {
    id,
    name: subject.name,
    image: '',
    command: '',
    operation: 'pull',
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
 * Of operations that are over only so many are listed: a machine that pulls every minute would hide its containers.
 * `drydock operations` lists all.
 */
const OPERATIONS = 20;

/** The newest first. */
export const list = (engine: Engine): Listed[] =>
  [
    ...engine.containers().map((handle) => rowOf(engine, handle)),
    // those of a container are in its own row
    ...engine
      .operations()
      .filter(({ record }) => record.subject.kind === 'image')
      .filter(({ record: { state } }, place) => place < OPERATIONS || (state !== 'done' && state !== 'failed'))
      .map(operationRow),
  ].sort((a, b) => b.created - a.created);
