/** GET /containers/{id}/json. Engine API, "Inspect a container". */
import type { ContainerHandle, Engine } from '../../../runtime/engine/engine.ts';
import type { Health } from '../../../runtime/container/health.ts';
import { leftOut } from '../../../runtime/container/leave-out.ts';
import { configView, hostConfigView, mountsView, words } from './container-config.ts';
import { portBindings } from './exposed-ports.ts';
import { endpoints, isUp } from '../networks/networks-view.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { rfc3339 } from '../http/humanize.ts';

const healthView = ({ status, failingStreak, log }: Health): object => ({
  Status: status,
  FailingStreak: failingStreak,
  Log: log.map(({ start, end, exitCode, output }) => ({
    Start: rfc3339(start),
    End: rfc3339(end),
    ExitCode: exitCode,
    Output: output,
  })),
});

const stateView = ({ state }: ContainerHandle): object => ({
  Status: state.status,
  Running: ['running', 'paused', 'restarting'].includes(state.status),
  Paused: state.status === 'paused',
  Restarting: state.status === 'restarting',
  OOMKilled: state.oomKilled,
  Dead: state.status === 'dead',
  Pid: state.pid,
  ExitCode: state.exitCode,
  Error: state.error,
  StartedAt: rfc3339(state.startedAt),
  FinishedAt: rfc3339(state.finishedAt),
  ...(state.health && { Health: healthView(state.health) }),
});

function networkSettings(engine: Engine, handle: ContainerHandle, api: number): object {
  const up = isUp(handle);
  // the fields of the default bridge: clients below API 1.21 look for the address only here
  const bridge = handle.container.endpoints.find(({ network }) => network === 'bridge');
  const own = up ? bridge : undefined;
  return {
    Bridge: '',
    SandboxID: up ? handle.container.id : '',
    SandboxKey: up ? `/proc/${handle.state.pid}/ns/net` : '',
    Ports: portBindings(handle),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: own?.endpointID ?? '',
    Gateway: own?.gateway ?? '',
    GlobalIPv6Address: own?.address6 ?? '',
    GlobalIPv6PrefixLen: own?.prefix6 ?? 0,
    IPAddress: own?.address ?? '',
    IPPrefixLen: own?.prefix ?? 0,
    IPv6Gateway: own?.gateway6 ?? '',
    MacAddress: own?.mac ?? '',
    Networks: endpoints(engine, handle, api),
  };
}

async function inspect(x: Exchange): Promise<object> {
  const handle = x.engine.container(x.param('id'));
  const { container } = handle;
  const size = x.query.flag('size') ? await handle.sizeRw() : undefined;
  const [Path = '', ...Args] = words(container);
  // as in dockerd, a container that was never started has no files yet
  const file = (path: string) => (handle.state.status === 'created' ? '' : path);
  return {
    Id: container.id,
    Created: rfc3339(handle.created),
    Path,
    Args,
    State: stateView(handle),
    Image: container.image?.id ?? '',
    ResolvConfPath: file(container.paths.resolvConf),
    HostnamePath: file(container.paths.hostname),
    HostsPath: file(container.paths.hosts),
    LogPath: file(container.log.driver.shownPath(container.paths.log)),
    Name: `/${container.name}`,
    RestartCount: handle.state.restartCount,
    Driver: container.storage.name,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: handle.execIDs.length ? handle.execIDs : null,
    HostConfig: hostConfigView(container),
    GraphDriver: container.storage.graphData(container),
    ...(size !== undefined && { SizeRw: size, SizeRootFs: (container.image?.size ?? 0) + size }),
    ...(leftOut(container.request).length && { Drydock: { Unsafe: true, LeftOut: leftOut(container.request) } }),
    Mounts: mountsView(container),
    Config: configView(container),
    NetworkSettings: networkSettings(x.engine, handle, x.api),
  };
}

export const containersInspect: Routes = { 'GET /containers/*id/json': inspect };
