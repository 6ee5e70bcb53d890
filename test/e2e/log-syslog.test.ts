/** --log-driver syslog with docker's client: each transport and format, as dockerd sends them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { hostname } from 'node:os';
import { rmSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { until } from '../until.ts';
import { site } from './site.ts';

const s = await site('log driver syslog');
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const attempt = (act: () => void) => {
  try {
    act();
  } catch {
    // it has ended
  }
};
const path = (name: string) => `${d().root}/${name}.sock`;

/** For a test that failed. */
const ends: (() => void)[] = [];
s.test.after(() => {
  for (const end of ends) attempt(end);
});

/** A syslog server, and what it was sent, a line each. */
class Lines {
  text = '';
  readonly end: () => void;
  private constructor(
    readonly address: string,
    end: () => void,
  ) {
    this.end = end;
    ends.push(end);
  }
  get all(): string[] {
    return this.text.split('\n').filter(Boolean);
  }

  static async stream(where?: string): Promise<Lines> {
    const server: Server = createServer((socket) => {
      socket.on('data', (data) => (lines.text += data.toString()));
      closing.push(() => socket.destroy());
    });
    const closing: (() => void)[] = [() => void server.close()];
    await new Promise<void>((resolve) => void server.listen(where ?? { port: 0, host: '127.0.0.1' }, resolve));
    const { port } = (where ? {} : server.address()) as AddressInfo;
    const lines: Lines = new Lines(where ? `unix://${where}` : `tcp://127.0.0.1:${port}`, () =>
      closing.forEach((close) => close()),
    );
    return lines;
  }

  static async udp(): Promise<Lines> {
    const socket: Socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const lines = new Lines(`udp://127.0.0.1:${socket.address().port}`, () => socket.close());
    socket.on('message', (data) => (lines.text += data.toString()));
    return lines;
  }
}

const SCRIPT = 'echo one; echo two >&2; echo; printf three';
const run = (to: string, ...more: string[]) =>
  docker(
    ...['run', '--rm', '--log-driver', 'syslog', '--log-opt', `syslog-address=${to}`, ...more, 'ubuntu'],
    ...['sh', '-c', SCRIPT],
  );

s.test('each line is a message with its severity, over TCP, UDP and a unix stream', async () => {
  for (const lines of [await Lines.stream(), await Lines.udp(), await Lines.stream(path('stream'))]) {
    await run(lines.address, '--log-opt', 'tag={{.Name}}/x', '--name', 'tagged');
    await until('three lines', () => lines.all.length >= 3);
    const stamp = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d tagged/x\[\d+\]: `;
    // the two pipes have no order between them
    const sorted = [...lines.all].sort((a, b) => a.slice(-3).localeCompare(b.slice(-3)));
    assert.is(sorted.length, 3, lines.text);
    for (const [j, wanted] of [`<30>${stamp}one`, `<30>${stamp}three`, `<27>${stamp}two`].entries())
      assert.match(sorted[j]!, new RegExp(`^${wanted}$`));
    lines.end();
  }
});

s.test('a message has the format and the facility that were asked for', async () => {
  const lines = await Lines.stream();
  const sent = async (...more: string[]) => {
    lines.text = '';
    await run(lines.address, ...more);
    await until('three lines', () => lines.all.length >= 3);
    return lines.all.find((line) => line.endsWith('one'))!;
  };
  const host = hostname().replaceAll('.', String.raw`\.`);
  const own = '--log-opt';
  assert.match(
    await sent(own, 'syslog-format=rfc3164', own, 'syslog-facility=local3', own, 'tag=t'),
    new RegExp(String.raw`^<158>\w{3} [ \d]\d \d\d:\d\d:\d\d ${host} t\[\d+\]: one$`),
  );
  const date = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`;
  const zone = String.raw`(?:Z|[+-]\d\d:\d\d)`;
  const before = Date.now();
  const line = await sent(own, 'syslog-format=rfc5424', own, 'syslog-facility=1', own, 'tag=t');
  assert.match(line, new RegExp(String.raw`^<14>1 ${date}${zone} ${host} t \d+ t - one$`));
  const time = Date.parse(line.split(' ')[1]!);
  assert.ok(time >= before - 1000 && time <= Date.now(), line);
  assert.match(
    await sent(own, 'syslog-format=rfc5424micro'),
    new RegExp(String.raw`^<30>1 ${date}\.\d{6}${zone} ${host} [0-9a-f]{12} \d+ [0-9a-f]{12} - one$`),
  );
  lines.end();
});

s.test('docker logs shows the copy that is kept, but with cache-disabled', async () => {
  const lines = await Lines.udp();
  const create = (name: string, ...more: string[]) =>
    docker(
      ...['run', '--name', name, '--log-driver', 'syslog', '--log-opt', `syslog-address=${lines.address}`, ...more],
      ...['ubuntu', 'echo', 'kept'],
    );
  await create('both');
  assert.is(await docker('logs', 'both'), 'kept');
  await create('alone', '--log-opt', 'cache-disabled=true');
  assert.match(await d().dockerRefused('logs', 'alone'), 'configured logging driver does not support reading');
  await docker('rm', 'both', 'alone');
  lines.end();
});

s.test('while the daemon is dead the lines go on, also to a server that was away', async () => {
  const socket = path('away');
  let lines = await Lines.stream(socket);
  await docker(
    ...['run', '-d', '--name', 'goes-on', '--log-driver', 'syslog', '--log-opt', `syslog-address=${lines.address}`],
    ...['ubuntu', 'sh', '-c', 'while :; do echo tick; sleep 0.1; done'],
  );
  await until('it ticks', () => lines.all.length > 1);
  await d().kill9();
  const count = lines.all.length;
  await until('it ticks on', () => lines.all.length > count + 1);
  lines.end();
  rmSync(socket, { force: true });
  lines = await Lines.stream(socket);
  await until('it ticks to the new one', () => lines.all.length > 1);
  assert.match(lines.all[1]!, /: tick$/);
  await d().start();
  await docker('rm', '-f', 'goes-on');
  lines.end();
});

const children: ChildProcess[] = [];
s.test.after(() => children.forEach((child) => child.kill()));

s.test('unixgram, and without an address a socket that syslog(3) knows', async () => {
  const PROGRAM = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("bound", flush=True)
while True: print(s.recv(65536).decode().rstrip(), flush=True)`;
  for (const [socket, flags] of [
    [path('gram'), ['--log-opt', `syslog-address=unixgram://${path('gram')}`]],
    ['/var/run/syslog', []],
  ] as const) {
    const child = spawn('python3', ['-c', PROGRAM, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let text = '';
    child.stdout!.on('data', (data: Buffer) => (text += data.toString()));
    await until('it listens', () => text.includes('bound'));
    await docker('run', '--rm', '--log-driver', 'syslog', ...flags, 'ubuntu', 'echo', 'gram');
    await until('the line is there', () => text.includes('gram\n'));
    assert.match(text, /^<30>.*\]: gram$/m);
    rmSync(socket);
  }
});

s.test('what cannot be is refused in dockerd’s words', async () => {
  const refused = (...options: string[]) =>
    d().dockerRefused(
      ...['run', '--rm', '--log-driver', 'syslog', ...options.flatMap((one) => ['--log-opt', one])],
      ...['ubuntu', 'true'],
    );
  assert.match(await refused('foo=bar'), "unknown log opt 'foo' for syslog log driver");
  assert.match(await refused('syslog-facility=nope'), 'invalid syslog facility');
  assert.match(await refused('syslog-format=nope'), 'Invalid syslog format');
  assert.match(await refused('syslog-address=http://x'), "unsupported scheme: 'http'");
  assert.match(await refused('syslog-address=unix:///nope/x'), 'stat /nope/x: no such file or directory');
  const start = 'failed to create task for container: failed to initialize logging driver: ';
  assert.match(
    await refused('syslog-address=tcp://127.0.0.1:9'),
    `${start}dial tcp 127.0.0.1:9: connect: connection refused`,
  );
  assert.match(await refused(), `${start}Unix syslog delivery error`);
});

s.test.run();
