/** GET /version, /info and /system/df: the daemon and its machine. Engine API, "System". */
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem } from 'node:os';
import type { Image } from '../../../runtime/image/manifest/image.ts';
import type { ContainerHandle } from '../../../runtime/engine/engine.ts';
import pkg from '../../../package.json' with { type: 'json' };
import { logDriverNames } from '../../../runtime/drivers/log.ts';
import { volumeDrivers } from '../../../runtime/volume/volume.ts';
import { proxySettings } from '../../../runtime/kernel/proxy.ts';
import { containerView } from '../containers/list.ts';
import { volumeUsage } from '../volumes/volume-view.ts';
import { imageView } from '../images/images.ts';
import { cacheView } from '../build/usage.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { experimental } from './experimental.ts';
import { API_VERSION, MIN_API_VERSION } from '../http/version-prefix.ts';

/** Go's names, which clients compare with the platforms of images; and uname's names, which `info` shows. */
const goArch: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const machine: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64' };

function version(): object {
  const about = {
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    GitCommit: '',
    GoVersion: `none, node ${process.version}`,
    Os: 'linux',
    Arch: goArch[arch()] ?? arch(),
    KernelVersion: release(),
    BuildTime: '',
  };
  return {
    Platform: { Name: 'Drydock' },
    Components: [{ Name: 'Engine', Version: pkg.version, Details: { ...about, Experimental: String(experimental()) } }],
    Version: pkg.version,
    ...about,
    ...(experimental() && { Experimental: true }),
  };
}

function osRelease(): Record<string, string> {
  const file = ['/etc/os-release', '/usr/lib/os-release'].find(existsSync);
  const lines = file ? readFileSync(file, 'utf8').split('\n') : [];
  return Object.fromEntries(
    lines.flatMap((line) => [...line.matchAll(/^(\w+)="?([^"]*)"?$/g)].map(([, key, value]) => [key, value])),
  );
}

export function counts(
  containers: readonly ContainerHandle[],
): Record<'Containers' | 'ContainersRunning' | 'ContainersPaused' | 'ContainersStopped', number> {
  const running = containers.filter((c) => ['running', 'restarting'].includes(c.state.status)).length;
  const paused = containers.filter((c) => c.state.status === 'paused').length;
  return {
    Containers: containers.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: containers.length - running - paused,
  };
}

function info({ engine }: Exchange): object {
  const { settings } = engine;
  const os = osRelease();
  const insecure = ['127.0.0.0/8', '::1/128', ...settings.insecureRegistries];
  return {
    ID: engine.id,
    ...counts(engine.containers()),
    Images: engine.images.list().length,
    Driver: engine.storage.name,
    DriverStatus: engine.storage.status(settings.root),
    Plugins: {
      Volume: volumeDrivers,
      Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null'],
      Authorization: null,
      Log: logDriverNames,
    },
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    OomKillDisable: false,
    Debug: false,
    NFd: 0,
    NGoroutines: 0,
    NEventsListener: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: existsSync('/sys/fs/cgroup/memory') ? '1' : '2',
    KernelVersion: release(),
    OperatingSystem: os['PRETTY_NAME'] ?? 'Linux',
    OSVersion: os['VERSION_ID'] ?? '',
    OSType: 'linux',
    Architecture: machine[arch()] ?? arch(),
    IndexServerAddress: 'https://index.docker.io/v1/',
    NCPU: cpus().length,
    MemTotal: totalmem(),
    RegistryConfig: {
      InsecureRegistryCIDRs: insecure.filter((r) => r.includes('/')),
      Mirrors: settings.registryMirrors,
      IndexConfigs: {
        'docker.io': { Name: 'docker.io', Mirrors: settings.registryMirrors, Secure: true, Official: true },
      },
    },
    GenericResources: null,
    DockerRootDir: settings.root,
    ...proxySettings(),
    Name: hostname(),
    Labels: [],
    ExperimentalBuild: experimental(),
    ServerVersion: pkg.version,
    Runtimes: { drydock: { path: 'drydock' } },
    DefaultRuntime: 'drydock',
    Swarm: { NodeID: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'init',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'],
    Warnings: [],
  };
}

/** The size of the layers that other images use too. */
const shared = (image: Image, all: readonly Image[]): number =>
  image.layers
    .filter((layer) =>
      all.some((other) => other.id !== image.id && other.layers.some((one) => one.chainID === layer.chainID)),
    )
    .reduce((sum, layer) => sum + layer.size, 0);

/** Each layer counts once, even when several images share it. */
async function diskUsage(x: Exchange): Promise<object> {
  const { engine } = x;
  const types = x.query.list('type');
  const wants = (type: string) => !types.length || types.includes(type);
  const images = wants('image') ? engine.images.list() : [];
  const containers = engine.containers();
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.chainID, layer.size]));
  const imageRow = (image: Image) => ({
    ...imageView(x, image),
    SharedSize: shared(image, images),
    Containers: containers.filter((c) => c.container.image?.id === image.id).length,
  });
  return {
    LayersSize: [...layers.values()].reduce((sum, size) => sum + size, 0),
    Images: images.map(imageRow),
    Containers: wants('container')
      ? await Promise.all(containers.map((handle) => containerView(engine, handle, true)))
      : [],
    Volumes: wants('volume')
      ? await Promise.all(engine.volumes.list().map((volume) => volumeUsage(engine, volume)))
      : [],
    BuildCache: wants('build-cache') ? (await engine.builds.usage.list()).map(cacheView) : [],
  };
}

export const system: Routes = {
  'GET /version': version,
  'GET /info': info,
  'GET /system/df': diskUsage,
};
