/** Flags for the container's ports. */
import { exposed, published } from '../../network/ports/specification.ts';
import type { Body, Flag } from './flag.ts';

function expose(body: Body, value: string): void {
  for (const key of exposed(value)) (body.ExposedPorts ??= {})[key] = {};
}

function publish(body: Body, value: string): void {
  for (const { key, ...binding } of published(value)) {
    (body.ExposedPorts ??= {})[key] = {};
    const bindings = (body.HostConfig.PortBindings ??= {});
    bindings[key] = [...(bindings[key] ?? []), binding];
  }
}

export const portFlags: readonly Flag[] = [
  {
    flags: '-p, --publish <ports>',
    help: '[[host address:]host port:]container port[/udp]: reach it through the host',
    many: true,
    set: publish,
  },
  {
    flags: '-P, --publish-all',
    help: 'publish every exposed port, each on a free port of the host',
    set: (body) => void (body.HostConfig.PublishAllPorts = true),
  },
  { flags: '--expose <port>', help: 'declare a port, or a range', many: true, set: expose },
];
