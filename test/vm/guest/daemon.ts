/** The daemon in the virtual machine, and the few Engine API requests that the checks need. */
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { probe } from '../../../runtime/cli/client/autostart.ts';
import { Client } from '../../../runtime/cli/client/client.ts';
import type { Event } from '../../../runtime/journal/event.ts';
import { until } from '../../until.ts';

export const ROOT = '/var/lib/drydock';
const SOCKET = '/run/drydock/drydock.sock';
const LOG = '/tmp/daemon.log';

export interface Asked {
  Cmd: string[];
  Image?: string;
  HostConfig?: object;
}
export interface Inspected {
  State: { Status: string; Pid: number; ExitCode: number; OOMKilled: boolean };
  NetworkSettings: { IPAddress: string; Gateway: string };
}
export interface Ended {
  code: number;
  out: string;
  state: Inspected['State'];
  events: Event[];
}

export const client = new Client(SOCKET);
export const daemonLog = (path = LOG): string => (existsSync(path) ? readFileSync(path, 'utf8').slice(-3000) : '');

let running: ReturnType<typeof spawn> | undefined;
let mirror = '';
/** Resolves when the daemon listens. The mirror is kept for the next start. */
export async function startDaemon(registry = mirror): Promise<void> {
  mirror = registry;
  const log = openSync(LOG, 'a');
  running = spawn(process.execPath, ['dist/drydock.js', 'daemon', '--registry-mirror', mirror], {
    stdio: ['ignore', log, log],
  });
  await until('the daemon listens', async () => (await probe(SOCKET)) === undefined);
}
export async function endDaemon(signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => running?.once('exit', resolve));
  running?.kill(signal);
  await ended;
}
export const daemonPid = (): number => running?.pid ?? 0;

/** Decodes frames of an eight-byte header and a body: Engine API, "Stream format". */
function plain(stream: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= stream.length;) {
    const length = stream.readUInt32BE(at + 4);
    text += stream.toString('utf8', at + 8, at + 8 + length);
    at += 8 + length;
  }
  return text;
}
async function bytesOf(path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of (await client.open('GET', path)) as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

export async function create({ Image = 'tiny', ...rest }: Asked): Promise<string> {
  return (await client.post<{ Id: string }>('/containers/create', {}, { Image, ...rest })).Id;
}
export const inspect = (id: string): Promise<Inspected> => client.get(`/containers/${id}/json`);
export const remove = (id: string): Promise<void> =>
  client.call('DELETE', `/containers/${id}`, { query: { force: true } });
export const logs = async (id: string): Promise<string> =>
  plain(await bytesOf(`/containers/${id}/logs?stdout=1&stderr=1`));

export async function journal(id: string): Promise<Event[]> {
  return (await bytesOf(`/drydock/containers/${id}/journal`))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
}

/** Runs a container to its end and removes it. */
export async function run(asked: Asked): Promise<Ended> {
  const id = await create(asked);
  try {
    await client.post(`/containers/${id}/start`);
    const { StatusCode } = await client.post<{ StatusCode: number }>(`/containers/${id}/wait`);
    return { code: StatusCode, out: await logs(id), state: (await inspect(id)).State, events: await journal(id) };
  } finally {
    await remove(id);
  }
}
export const sh = (script: string, HostConfig: object = {}): Promise<Ended> =>
  run({ Cmd: ['sh', '-c', script], HostConfig });

/** A container that runs during `body` and is removed afterwards. */
export async function during<T>(asked: Asked, body: (id: string, pid: number) => Promise<T>): Promise<T> {
  const id = await create(asked);
  try {
    await client.post(`/containers/${id}/start`);
    return await body(id, (await inspect(id)).State.Pid);
  } finally {
    await remove(id);
  }
}

/** Resolves with the output and the exit code. */
export async function exec(id: string, ...Cmd: string[]): Promise<{ code: number; out: string }> {
  const { Id } = await client.post<{ Id: string }>(
    `/containers/${id}/exec`,
    {},
    { Cmd, AttachStdout: true, AttachStderr: true },
  );
  const { socket, head } = await client.hijack(`/exec/${Id}/start`, {}, { Detach: false, Tty: false });
  const parts = [head];
  for await (const part of socket as AsyncIterable<Buffer>) parts.push(part);
  const code = await until('the exec has ended', async () => {
    const { Running, ExitCode } = await client.get<{ Running: boolean; ExitCode: number | null }>(`/exec/${Id}/json`);
    return Running || ExitCode === null ? undefined : { ExitCode };
  });
  return { code: code.ExitCode, out: plain(Buffer.concat(parts)) };
}
