/** GET /version, /info and /system/df: the daemon about itself and its machine. Engine API, "System". */
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem } from 'node:os';
import type { ContainerHandle } from '../../runtime/machine/engine.ts';
import pkg from '../../package.json' with { type: 'json' };
import { readFilters } from './filters.ts';
import { isUp } from './networks-view.ts';
import type { Exchange, Routes } from './route.ts';
import { API_VERSION, MIN_API_VERSION } from './version-prefix.ts';

/** Go's names, which clients compare with image platforms, and uname's, which `info` shows. */
const goArch: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const machine: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64' };

function version(): object {
  const about = { ApiVersion: API_VERSION, MinAPIVersion: MIN_API_VERSION, GitCommit: '', GoVersion: `none, node ${process.version}`, Os: 'linux', Arch: goArch[arch()] ?? arch(), KernelVersion: release(), BuildTime: '' };
  return {
    Platform: { Name: 'Drydock' },
    Components: [{ Name: 'Engine', Version: pkg.version, Details: { ...about, Experimental: 'false' } }],
    Version: pkg.version, ...about,
  };
}

function osRelease(): Record<string, string> {
  const file = ['/etc/os-release', '/usr/lib/os-release'].find(existsSync);
  const lines = file ? readFileSync(file, 'utf8').split('\n') : [];
  return Object.fromEntries(lines.flatMap((line) => [...line.matchAll(/^(\w+)="?([^"]*)"?$/g)].map(([, key, value]) => [key, value])));
}

export function counts(containers: readonly ContainerHandle[]): Record<'Containers' | 'ContainersRunning' | 'ContainersPaused' | 'ContainersStopped', number> {
  const running = containers.filter((c) => ['running', 'restarting'].includes(c.state.status)).length;
  const paused = containers.filter((c) => c.state.status === 'paused').length;
  return { Containers: containers.length, ContainersRunning: running, ContainersPaused: paused, ContainersStopped: containers.length - running - paused };
}

function info({ engine }: Exchange): object {
  const { settings } = engine;
  const os = osRelease();
  const insecure = ['127.0.0.0/8', '::1/128', ...settings.insecureRegistries];
  return {
    ID: engine.id, ...counts(engine.containers()), Images: engine.images.list().length,
    Driver: 'overlay2', DriverStatus: [['Backing filesystem', 'overlayfs over plain directories']], Plugins: { Volume: [], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file'] },
    MemoryLimit: true, SwapLimit: true, CpuCfsPeriod: true, CpuCfsQuota: true, CPUShares: true, CPUSet: true, PidsLimit: true, IPv4Forwarding: true, OomKillDisable: false,
    Debug: false, NFd: 0, NGoroutines: 0, NEventsListener: 0, SystemTime: new Date().toISOString(), LoggingDriver: 'json-file', CgroupDriver: 'cgroupfs',
    CgroupVersion: existsSync('/sys/fs/cgroup/memory') ? '1' : '2', KernelVersion: release(), OperatingSystem: os['PRETTY_NAME'] ?? 'Linux', OSVersion: os['VERSION_ID'] ?? '',
    OSType: 'linux', Architecture: machine[arch()] ?? arch(), IndexServerAddress: 'https://index.docker.io/v1/', NCPU: cpus().length, MemTotal: totalmem(),
    RegistryConfig: {
      InsecureRegistryCIDRs: insecure.filter((r) => r.includes('/')), Mirrors: settings.registryMirrors,
      IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: settings.registryMirrors, Secure: true, Official: true } },
    },
    GenericResources: null, DockerRootDir: settings.root, HttpProxy: '', HttpsProxy: '', NoProxy: '', Name: hostname(), Labels: [], ExperimentalBuild: false, ServerVersion: pkg.version,
    Runtimes: { drydock: { path: 'drydock' } }, DefaultRuntime: 'drydock', Swarm: { NodeID: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: true, Isolation: '', InitBinary: 'init', ContainerdCommit: { ID: '' }, RuncCommit: { ID: '' }, InitCommit: { ID: '' },
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'], Warnings: [],
  };
}

/** Layers count once, however many images share them. */
async function diskUsage({ engine, query }: Exchange): Promise<object> {
  const types = query.list('type');
  const wants = (type: string) => !types.length || types.includes(type);
  const images = engine.images.list();
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.chainID, layer.size]));
  const containers = engine.containers();
  const uses = (id: string) => containers.filter((c) => c.container.image?.id === id).length;
  return {
    LayersSize: wants('image') ? [...layers.values()].reduce((sum, n) => sum + n, 0) : 0,
    Images: wants('image') ? images.map((image) => ({
      Id: image.id, ParentId: '', RepoTags: image.tags, RepoDigests: image.digests, Created: Math.floor((Date.parse(image.config.created ?? '') || 0) / 1000), Size: image.size,
      // what other images also stand on
      SharedSize: image.layers.filter((l) => images.some((other) => other.id !== image.id && other.layers.some((o) => o.chainID === l.chainID))).reduce((sum, l) => sum + l.size, 0),
      Labels: image.config.config?.Labels ?? null, Containers: uses(image.id),
    })) : null,
    Containers: wants('container') ? await Promise.all(containers.map(async (handle) => ({
      Id: handle.container.id, Names: [`/${handle.container.name}`], Image: handle.container.request.Image, ImageID: handle.container.image?.id ?? '', Command: '',
      Created: Math.floor(handle.created / 1000), State: handle.state.status, Status: isUp(handle) ? 'Up' : 'Exited', SizeRw: await handle.sizeRw(), SizeRootFs: handle.container.image?.size ?? 0,
      Ports: [], Labels: {}, HostConfig: { NetworkMode: 'default' }, NetworkSettings: null, Mounts: [],
    }))) : null,
    Volumes: [], BuildCache: [],
  };
}

export const system: Routes = {
  'GET /version': version,
  'GET /info': info,
  'GET /system/df': diskUsage,
  'POST /build/prune': (x) => {
    readFilters(x.query, ['until', 'id', 'parent', 'type', 'description', 'inuse', 'shared', 'private', 'label', 'label!']);
    return { CachesDeleted: null, SpaceReclaimed: 0 };
  },
};
