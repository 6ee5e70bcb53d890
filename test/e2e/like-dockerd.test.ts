/**
 * Behaviour of dockerd that clients rely on: exec, top, resize, ports, networks that do not exist, inspect of a
 * container.
 */
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import { site } from './site.ts';

const s = await site('as dockerd does it');
const d = () => s.daemon;
const docker = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await d().docker(...args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: code ${code}\n${err}${out}`);
  return out.trimEnd();
};

s.test.before(async () => {
  await docker('run', '-d', '-t', '--name', 'tt', 'ubuntu', 'sleep', '1000');
  await docker('run', '-d', '--name', 'plain', '-e', 'TERM=vt100', 'ubuntu', 'sleep', '1000');
});

/** Returns the status line and the bytes after the response's head. */
async function startExec(
  container: string,
  exec: object,
  start: object,
  encoding: 'chunked' | 'length' = 'length',
): Promise<{ status: string; output: string }> {
  const { Id } = JSON.parse((await d().api('POST', `/containers/${container}/exec`, exec)).body) as { Id: string };
  const body = JSON.stringify(start);
  const framing =
    encoding === 'length'
      ? `Content-Length: ${body.length}\r\n\r\n${body}`
      : `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect({ path: d().socket, allowHalfOpen: true });
    let seen = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`nothing more came after ${JSON.stringify(seen)}`)));
    socket
      .on('data', (data) => (seen += data.toString('latin1')))
      .on('end', () => (socket.destroy(), resolve(seen)))
      .on('error', reject);
    socket.write(
      `POST /exec/${Id}/start HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\nContent-Type: application/json\r\n${framing}`,
    );
  });
  const at = answer.indexOf('\r\n\r\n');
  return { status: answer.slice(0, answer.indexOf('\r\n')), output: answer.slice(at + 4) };
}
const frame = (stream: number, text: string) =>
  `${String.fromCharCode(stream)}\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;

s.test('an exec has TERM with -t only, whatever its container has, and keeps one that was given', async () => {
  const term = 'echo ${TERM-none}';
  assert.is(await docker('exec', 'tt', 'sh', '-c', term), 'none');
  assert.is((await docker('exec', '-t', 'tt', 'sh', '-c', term)).trim(), 'xterm');
  assert.is(await docker('exec', 'plain', 'sh', '-c', term), 'vt100');
  assert.is((await docker('exec', '-t', 'plain', 'sh', '-c', term)).trim(), 'vt100');
  assert.is((await docker('exec', '-t', '-e', 'TERM=dumb', 'tt', 'sh', '-c', term)).trim(), 'dumb');
});

s.test("an exec's frames are those that its start asks for", async () => {
  const command = { Cmd: ['sh', '-c', 'echo out; echo err >&2'], AttachStdout: true, AttachStderr: true };
  for (const encoding of ['chunked', 'length'] as const) {
    assert.equal(await startExec('plain', { ...command, Tty: true }, { Tty: true }, encoding), {
      status: 'HTTP/1.1 101 UPGRADED',
      output: 'out\r\nerr\r\n',
    });
    assert.is((await startExec('plain', { ...command, Tty: false }, { Tty: true }, encoding)).output, 'out\n');
    const framed = (await startExec('plain', { ...command, Tty: true }, { Tty: false }, encoding)).output;
    assert.is(framed.replaceAll(/\x01\0{6}[^]/g, ''), 'out\r\nerr\r\n');
    assert.ok(framed.startsWith('\x01\0\0\0\0\0\0'));
    const both = (await startExec('plain', command, {}, encoding)).output;
    assert.ok(
      [frame(1, 'out\n') + frame(2, 'err\n'), frame(2, 'err\n') + frame(1, 'out\n')].includes(both),
      JSON.stringify(both),
    );
  }
});

s.test('resize without a terminal is no error, and resize is an event', async () => {
  const since = Math.floor(Date.now() / 1000) - 1;
  assert.is((await d().api('POST', '/containers/plain/resize?h=10&w=20')).status, 200);
  assert.is((await d().api('POST', '/containers/tt/resize?h=10&w=20')).status, 200);
  const { Id } = JSON.parse((await d().api('POST', '/containers/plain/exec', { Cmd: ['sleep', '3'] })).body) as {
    Id: string;
  };
  await d().api('POST', `/exec/${Id}/start`, { Detach: true });
  assert.is((await d().api('POST', `/exec/${Id}/resize?h=10&w=20`)).status, 200);
  const seen = await docker(
    'events',
    '--since',
    String(since),
    '--until',
    String(Math.floor(Date.now() / 1000) + 1),
    '--filter',
    'event=resize',
    '--format',
    '{{.Actor.Attributes.name}} {{.Actor.Attributes.height}} {{.Actor.Attributes.width}}',
  );
  assert.equal(seen.split('\n'), ['plain 10 20', 'tt 10 20']);
});

s.test('events: an image by its name without the tag, and since after until is an error', async () => {
  const since = Math.floor(Date.now() / 1000) - 1;
  await docker('run', '--rm', '--name', 'tagged', 'ubuntu:latest', 'true');
  const by = (...filters: string[]) =>
    docker(
      'events',
      '--since',
      String(since),
      '--until',
      String(Math.floor(Date.now() / 1000) + 1),
      ...filters.flatMap((filter) => ['--filter', filter]),
      '--format',
      '{{.Action}}',
    );
  for (const filter of ['image=ubuntu', 'image=ubuntu:latest', 'container=tagg'])
    assert.match(await by(filter, 'event=start'), /^start$/m, filter);
  assert.is(await by('image=ubun'), '');
  const { status, body } = await d().api('GET', '/events?since=200&until=100');
  assert.equal([status, JSON.parse(body)], [400, { message: '`since` time (200) cannot be after `until` time (100)' }]);
});

s.test('top is ps, with its columns, its order, and its errors', async () => {
  const { State } = (JSON.parse(await docker('inspect', 'plain')) as { State: { Pid: number } }[])[0]!;
  const rows = async (...args: string[]) =>
    (await docker('top', 'plain', ...args)).split('\n').map((line) => line.trim().split(/\s+/));
  assert.equal((await rows())[0], ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
  assert.equal([(await rows())[1]![0], (await rows())[1]!.slice(-2)], ['root', ['sleep', '1000']]);
  for (const args of [['aux'], ['aux', '--sort=comm']]) {
    const [head, row] = await rows(...args);
    assert.equal(head, ['USER', 'PID', '%CPU', '%MEM', 'VSZ', 'RSS', 'TTY', 'STAT', 'START', 'TIME', 'COMMAND']);
    assert.is(row![1], String(State.Pid));
  }
  const [head, row] = await rows('-o', 'pid,rss');
  assert.equal(head, ['PID', 'RSS']);
  assert.is(row![0], String(State.Pid));
  assert.match(row![1]!, /^\d+$/);
  assert.equal((await rows('axo', 'user,pid,args'))[1], ['root', String(State.Pid), 'sleep', '1000']);
  for (const [args, words] of [
    [['-o', 'rss'], "Couldn't find PID field in ps output"],
    [['foo'], 'ps: error:'],
    [['-o', 'pid=x'], 'is not allowed'],
  ] as const) {
    const { code, err } = await d().docker('top', 'plain', ...args);
    assert.is(code, 1);
    assert.match(err, words);
  }
});

s.test('ports that are exposed are shown, and not published', async () => {
  await docker('run', '-d', '--name', 'ports', '--expose', '80', '--expose', '53/udp', 'ubuntu', 'sleep', '1000');
  assert.is(await docker('ps', '--filter', 'name=ports', '--format', '{{.Ports}}'), '53/udp, 80/tcp');
  assert.equal(JSON.parse(await docker('inspect', 'ports', '-f', '{{json .NetworkSettings.Ports}}')), {
    '53/udp': null,
    '80/tcp': null,
  });
  await docker('rm', '-f', 'ports');
  await docker('run', '-d', '--name', 'hostports', '--net', 'host', '--expose', '80', 'ubuntu', 'sleep', '1000');
  assert.is(await docker('ps', '--filter', 'name=hostports', '--format', '{{.Ports}}'), '');
  await docker('rm', '-f', 'hostports');
});

s.test('a network that is not there does not make the client pull an image', async () => {
  for (const [net, words] of [
    ['container:nope', /No such container: nope/],
    ['container:', /Invalid network mode: invalid container format container:<name\|id>/],
    ['container', /Invalid network mode: invalid container format/],
    ['container:own', /cannot join own network/],
    ['foo-bar', /network foo-bar not found/],
  ] as const) {
    const { code, err } = await d().docker('run', '--name', 'own', '--net', net, 'ubuntu', 'true');
    assert.is(code, 125, net);
    assert.match(err, words, net);
    assert.not.match(err, /Unable to find image|Pulling/, net);
    await d().docker('rm', '-f', 'own');
  }
});

s.test('inspect tells what dockerd tells: paths that are hidden, swap, log driver, volumes', async () => {
  interface Told {
    HostConfig: Record<string, unknown>;
    Config: Record<string, unknown>;
  }
  const told = async (body: object, version = ''): Promise<Told> => {
    const { Id } = JSON.parse(
      (await d().api('POST', `${version}/containers/create`, { Image: 'ubuntu', Cmd: ['true'], ...body })).body,
    ) as { Id: string };
    const view = await d().json<Told>(`/containers/${Id}/json`);
    await d().api('DELETE', `/containers/${Id}`);
    return view;
  };
  const { HostConfig: host, Config: config } = await told({
    Volumes: {},
    HostConfig: { Memory: 64 << 20, LogConfig: { Type: '', Config: {} } },
  });
  assert.ok((host['MaskedPaths'] as string[]).includes('/proc/kcore'));
  assert.ok((host['ReadonlyPaths'] as string[]).includes('/proc/sys'));
  assert.is(host['MemorySwap'], 128 << 20);
  assert.is((host['LogConfig'] as { Type: string }).Type, 'json-file');
  assert.equal([config['Volumes'], config['ExposedPorts'], host['IpcMode']], [null, undefined, 'private']);
  assert.is((await told({}, '/v1.39')).HostConfig['IpcMode'], 'shareable');
});

s.test('a body may hold what the API does not have, and volumes that a mount covers', async () => {
  const create = (body: object) => d().api('POST', '/containers/create', { Image: 'ubuntu', Cmd: ['true'], ...body });
  for (const body of [
    { name: 'in the body', Surprise: { a: [1] }, HostConfig: { Odd: 3 } },
    { Volumes: { '/d': {}, '/t/': {} }, HostConfig: { Binds: ['/tmp:/d'], Tmpfs: { '/t': '' } } },
  ]) {
    const { status, body: answer } = await create(body);
    assert.is(status, 201, answer);
  }
  const { status, body } = await create({
    HostConfig: { Mounts: [{ Type: 'bind', Source: '/tmp', Target: '/x', VolumeOptions: { NoCopy: true } }] },
  });
  assert.equal(
    [status, JSON.parse(body)],
    [400, { message: 'VolumeOptions must not be specified on mount type "bind"' }],
  );
  assert.is((await create({ Volumes: { '/bare': {} } })).status, 201);
});

s.test('an update may hold what the API does not have, in any case', async () => {
  const update = (body: object) => d().api('POST', '/containers/plain/update', body);
  const { status, body } = await update({
    memory: 64 << 20,
    MemorySwap: -1,
    Surprise: [1],
    CpuCount: 2,
    OomKillDisable: false,
  });
  assert.equal([status, JSON.parse(body)], [200, { Warnings: [] }]);
  assert.is((await d().json<{ HostConfig: { Memory: number } }>('/containers/plain/json')).HostConfig.Memory, 64 << 20);
  assert.equal(JSON.parse((await update({ Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] })).body), {
    message: 'Ulimits cannot be changed after the container was created',
  });
});

s.test('OPTIONS is answered on every path', async () => {
  for (const path of ['/containers/json', '/v1.43/nope'])
    assert.equal(await d().api('OPTIONS', path), { status: 200, body: '' });
});

s.test.run();
