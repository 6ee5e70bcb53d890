/** The list of containers, whoever started them. */
import type { ContainerHandle, Engine } from '../../runtime/machine/engine.ts';
import type { Listed } from './protocol.ts';

function row({ container: { id, name, request, image }, state, created }: ContainerHandle): Listed {
  const { status, machine, exitCode, pid, error } = state;
  const words = [...(request.Entrypoint ?? []), ...(request.Cmd ?? image?.config.config?.Cmd ?? [])];
  return { id, name, image: request.Image, command: words.join(' ').slice(0, 200), status, machine, created, exitCode, pid, tty: request.Tty ?? false, error };
}

/** The newest first. */
export const listContainers = (engine: Engine): Listed[] => engine.containers().map(row).sort((a, b) => b.created - a.created);
