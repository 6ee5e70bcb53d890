/**
 * An image and containers made by the same requests at dockerd and at Drydock, and what each answers to inspect. Ids,
 * times and the data root are replaced by words.
 */
import { createHash } from 'node:crypto';
import { archive } from '../image/tarball.ts';
import type { Api } from './peer.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** A docker archive that is the same bytes on each machine. It has no program, so that no architecture is in it. */
function imageArchive(): Buffer {
  const layer = archive({ name: 'etc/', type: '5' }, { name: 'etc/motd', content: 'inspected\n' });
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    author: 'Test <t@example.com>',
    created: '2020-01-02T03:04:05Z',
    config: {
      User: '1000:1000',
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Env: ['PATH=/bin', 'A=image'],
      Entrypoint: ['/entry'],
      Cmd: ['from-image'],
      Volumes: { '/data': {} },
      WorkingDir: '/work',
      Labels: { of: 'image', both: 'image' },
      StopSignal: 'SIGUSR1',
      Healthcheck: { Test: ['CMD', '/check'], Interval: 5_000_000_000, Retries: 2 },
      OnBuild: ['RUN true'],
      Shell: ['/bin/ash', '-c'],
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created: '2020-01-02T03:04:05Z', created_by: 'ADD layer /', comment: 'the only one' }],
  });
  const name = `${sha256(config)}.json`;
  const manifest = [{ Config: name, RepoTags: ['inspected:1'], Layers: ['layer.tar'] }];
  return archive(
    { name, content: config },
    { name: 'layer.tar', content: layer },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  );
}

const containers: Record<string, object> = {
  plain: { Image: 'inspected:1' },
  'all of it': {
    Image: 'inspected:1',
    Hostname: 'h',
    Domainname: 'example.com',
    User: '7',
    Tty: true,
    OpenStdin: true,
    StdinOnce: true,
    Env: ['B=given'],
    Cmd: ['x'],
    Entrypoint: ['y'],
    Labels: { both: 'given' },
    ExposedPorts: { '99/tcp': {} },
    StopSignal: 'SIGTERM',
    StopTimeout: 3,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      Memory: 64 << 20,
      NanoCpus: 500_000_000,
      CpuShares: 300,
      PidsLimit: 50,
      CapAdd: ['NET_ADMIN'],
      CapDrop: ['CHOWN'],
      Dns: ['192.0.2.1'],
      ExtraHosts: ['a:192.0.2.2'],
      GroupAdd: ['33'],
      Init: true,
      IpcMode: 'shareable',
      NetworkMode: 'none',
      OomScoreAdj: 100,
      ReadonlyRootfs: true,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
      SecurityOpt: ['no-new-privileges'],
      ShmSize: 1 << 20,
      Sysctls: { 'net.ipv4.ip_forward': '1' },
      Tmpfs: { '/t': 'size=1m' },
      Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
      Binds: ['/tmp:/b:ro', 'named:/n'],
      Mounts: [{ Type: 'tmpfs', Target: '/m', TmpfsOptions: { SizeBytes: 65536 } }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      PortBindings: { '99/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
  },
  privileged: { Image: 'inspected:1', HostConfig: { Privileged: true, NetworkMode: 'host', PidMode: 'host' } },
};

const RFC3339 = /^(?!0001)\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;

function inWords(value: Json, words: readonly (readonly [string, string])[]): Json {
  if (typeof value === 'string') {
    if (RFC3339.test(value) && !value.startsWith('2020-')) return 'TIME';
    return words
      .reduce((text, [from, to]) => text.replaceAll(from, to), value)
      .replace(/\b[0-9a-f]{64}\b(?<!sha256:.*)/g, 'HEX');
  }
  if (Array.isArray(value)) return value.map((one) => inWords(one, words));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inWords(one, words)]));
}

/** The answers by name. `load` sends the archive. API 1.45 is that of dockerd 26.1.5. */
export async function inspected(api: Api, load: (bytes: Buffer) => Promise<void>): Promise<Record<string, Json>> {
  const ask = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const { status, body: text } = await api(method, `/v1.45${path}`, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text ? (JSON.parse(text) as Json) : null;
  };
  await load(imageArchive());
  const { DockerRootDir } = (await ask('GET', '/info')) as { DockerRootDir: string };
  const root = [DockerRootDir, 'ROOT'] as const;
  const answers: Record<string, Json> = { image: inWords(await ask('GET', '/images/inspected:1/json'), [root]) };
  for (const [name, body] of Object.entries(containers)) {
    const { Id } = (await ask('POST', `/containers/create?name=${name.replaceAll(' ', '-')}`, body)) as { Id: string };
    const words = [root, [Id, 'ID'], [Id.slice(0, 12), 'SHORT']] as const;
    answers[name] = inWords(await ask('GET', `/containers/${Id}/json`), words);
    await ask('DELETE', `/containers/${Id}?v=1`);
  }
  return answers;
}
