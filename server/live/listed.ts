/** The list of containers, whoever started them. */
import type { ContainerHandle, Engine } from '../../runtime/machine/engine.ts';
import { leftOut } from '../../runtime/steps/leave-out.ts';
import type { Listed } from './told.ts';
import { branchOf } from './topics/branches.ts';

export function rowOf(engine: Engine, { container: { id, name, request, image }, state, created }: ContainerHandle): Listed {
  const { status, machine, exitCode, pid, error } = state;
  const words = [...(request.Entrypoint ?? []), ...(request.Cmd ?? image?.config.config?.Cmd ?? [])];
  const unsafe = leftOut(request);
  const branch = branchOf(engine, request.Labels);
  return { id, name, image: request.Image, command: words.join(' ').slice(0, 200), status, machine, created, exitCode, pid, tty: request.Tty ?? false, error, ...(unsafe.length && { unsafe }), ...(branch && { branch }) };
}

/** The newest first. */
export const listContainers = (engine: Engine): Listed[] => engine.containers().map((handle) => rowOf(engine, handle)).sort((a, b) => b.created - a.created);
