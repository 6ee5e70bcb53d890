/** The ports that a container declares: --expose and the image's EXPOSE. None is published yet. Engine API, "Port". */
import type { ContainerHandle } from '../../../runtime/engine/engine.ts';
import { mergedConfig } from './container-config.ts';
import { isUp } from '../networks/networks-view.ts';

interface Port {
  PrivatePort: number;
  Type: string;
}

/** Of a running container on the bridge; other containers have none, as in dockerd. */
export function exposedPorts(handle: ContainerHandle): Port[] {
  if (!isUp(handle) || !handle.container.endpoints.some(({ driver }) => driver === 'bridge')) return [];
  const keys = Object.keys(mergedConfig(handle.container).ExposedPorts ?? {});
  return keys
    .map((key) => key.split('/'))
    .map(([port, type = 'tcp']) => ({ PrivatePort: Number(port), Type: type }))
    .filter(({ PrivatePort }) => Number.isInteger(PrivatePort))
    .sort((a, b) => a.PrivatePort - b.PrivatePort || a.Type.localeCompare(b.Type));
}

/** NetworkSettings.Ports. A port that is not published is null. */
export const portBindings = (handle: ContainerHandle): Record<string, null> =>
  Object.fromEntries(exposedPorts(handle).map(({ PrivatePort, Type }) => [`${PrivatePort}/${Type}`, null]));
