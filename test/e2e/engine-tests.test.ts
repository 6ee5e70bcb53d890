/**
 * Where the integration tests of Docker's own engine (moby 26.1.5, `integration` and `integration-cli`) found Drydock
 * to do otherwise. Each test says what dockerd does.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import * as assert from 'uvu/assert';
import { archive } from '../image/tarball.ts';
import { Daemon } from './daemon.ts';
import { site } from './site.ts';

const s = await site('as the tests of dockerd want it');
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);

interface Inspected {
  Config: { WorkingDir: string; NetworkDisabled?: boolean };
  HostConfig: { Memory: number; PidsLimit: number | null };
  NetworkSettings: { Networks: Record<string, { MacAddress: string }> };
}
const inspect = async (ref: string) => JSON.parse((await d().api('GET', `/containers/${ref}/json`)).body) as Inspected;
async function create(body: object, version = ''): Promise<string> {
  const { status, body: text } = await d().api('POST', `${version}/containers/create`, body);
  assert.is(status, 201, text);
  return (JSON.parse(text) as { Id: string }).Id;
}
async function refused(status: number, words: RegExp, method: string, path: string, body?: object): Promise<void> {
  const answer = await d().api(method, path, body);
  assert.is(answer.status, status, `${method} ${path}: ${answer.body}`);
  assert.match((JSON.parse(answer.body) as { message: string }).message, words);
}

s.test('a container may share the network of one that shares the network of a third', async () => {
  await docker('run', '-d', '--name', 'first', 'ubuntu', 'sleep', '1000');
  await docker('run', '-d', '--name', 'second', '--network', 'container:first', 'ubuntu', 'sleep', '1000');
  const third = await docker('run', '--rm', '--network', 'container:second', 'ubuntu', 'readlink', '/proc/self/ns/net');
  assert.is(third, await docker('exec', 'first', 'readlink', '/proc/self/ns/net'));
  assert.is(third, await docker('exec', 'second', 'readlink', '/proc/self/ns/net'));
  await docker('rm', '-f', 'first', 'second');
});

s.test(
  'a link is a name of its target in the list of containers, until the container that has it is gone',
  async () => {
    await docker('run', '-d', '--name', 'target', 'ubuntu', 'sleep', '1000');
    await docker('run', '-d', '--name', 'linker', '--link', 'target:db', 'ubuntu', 'sleep', '1000');
    const names = () => docker('ps', '--no-trunc', '--filter', 'name=target', '--format', '{{.Names}}');
    assert.is(await names(), 'target,linker/db');
    await docker('rm', '-f', 'linker');
    assert.is(await names(), 'target');
    await docker('rm', '-f', 'target');
  },
);

s.test(
  '--pid and --ipc of a container that is not there are refused at create, of one at rest at the start',
  async () => {
    for (const mode of ['PidMode', 'IpcMode'])
      await refused(400, /^No such container: nope$/, 'POST', '/containers/create', {
        Image: 'ubuntu',
        HostConfig: { [mode]: 'container:nope' },
      });
    const rest = await create({ Image: 'ubuntu', Cmd: ['true'] });
    const one = await create({ Image: 'ubuntu', Cmd: ['true'], HostConfig: { PidMode: `container:${rest}` } });
    const words = new RegExp(`failed to join PID namespace: container ${rest} is not running`);
    await refused(500, words, 'POST', `/containers/${one}/start`);
    await docker('rm', rest, one);
  },
);

s.test('the working directory is kept without a slash at its end', async () => {
  const id = await create({ Image: 'ubuntu', Cmd: ['true'], WorkingDir: '/tmp//x/../' });
  assert.is((await inspect(id)).Config.WorkingDir, '/tmp');
  await docker('rm', id);
});

s.test('NetworkDisabled leaves a container with a loopback device only', async () => {
  const id = await create({ Image: 'ubuntu', Cmd: ['ls', '/sys/class/net'], NetworkDisabled: true });
  await docker('start', id);
  await docker('wait', id);
  assert.is(await docker('logs', id), 'lo');
  assert.is((await inspect(id)).Config.NetworkDisabled, true);
  await docker('rm', id);
});

s.test('limits beside Image are taken, as from an old client, and the hardware address too', async () => {
  await refused(400, /Minimum memory limit allowed is 6MB/, 'POST', '/containers/create', {
    Image: 'ubuntu',
    Memory: 524_287,
  });
  const mac = '02:42:ac:11:aa:bb';
  const id = await create(
    { Image: 'ubuntu', Cmd: ['sleep', '1000'], Memory: 64 << 20, MacAddress: mac, HostConfig: { CpuShares: 512 } },
    '/v1.40',
  );
  await docker('start', id);
  const { HostConfig, NetworkSettings } = await inspect(id);
  assert.is(HostConfig.Memory, 64 << 20);
  assert.is(NetworkSettings.Networks['bridge']?.MacAddress, mac);
  await d().api('POST', `/v1.24/containers/${id}/update`, { PidsLimit: 16 });
  assert.is((await inspect(id)).HostConfig.PidsLimit, null, 'PidsLimit is of API 1.40');
  await docker('rm', '-f', id);
});

s.test('limits that this kernel does not have are discarded with a warning, and not refused', async () => {
  const { body } = await d().api('POST', '/containers/create', {
    Image: 'ubuntu',
    HostConfig: { KernelMemory: 1 << 24 },
  });
  const { Id, Warnings } = JSON.parse(body) as { Id: string; Warnings: string[] };
  assert.equal(Warnings, ['Your kernel does not support kernel memory limit capabilities. Limitation discarded.']);
  await docker('rm', Id);
});

s.test('a daemon that ends leaves alone the control group that another one uses, too', async () => {
  await docker('run', '-d', '--name', 'stays', 'ubuntu', 'sleep', '1000');
  const other = await new Daemon(['--cgroup-parent', d().cgroupParent]).start();
  await other.stop();
  assert.not.match(readFileSync(other.log, 'utf8'), /Error/);
  assert.is(await docker('exec', 'stays', 'echo', 'here'), 'here');
  await docker('rm', '-f', 'stays');
});

s.test('drydock cp says whether the container or the file is not there', async () => {
  const id = await create({ Image: 'ubuntu', Cmd: ['true'] });
  for (const [path, words] of [
    ['nope:/etc/passwd', /No such container: nope/],
    [`${id}:/etc/nope`, /Could not find the file \/etc\/nope/],
  ] as const)
    assert.match((await d().cli('cp', path, '-')).err, words);
  await docker('rm', id);
});

s.test('what is wrong with a request is said in dockerd’s words and with its status', async () => {
  const path = '/containers/create';
  await refused(400, /^config cannot be empty in order to create a container$/, 'POST', path);
  await refused(400, /^no command specified$/, 'POST', path, { HostConfig: {} });
  await refused(400, /the empty string is not permitted as an annotation key/, 'POST', path, {
    Image: 'ubuntu',
    HostConfig: { Annotations: { '': 'a' } },
  });
  await refused(400, /^invalid mount config for type "bind": field Target must not be empty$/, 'POST', path, {
    Image: 'ubuntu',
    HostConfig: { Mounts: [{ Type: 'bind', Source: '/tmp' }] },
  });
  await refused(400, /^w must be|^h must be|integer/, 'POST', '/exec/nope/resize?h=foo&w=bar');
  await refused(400, /^image name cannot be blank$/, 'DELETE', '/images/%20');
  await refused(400, /no upgrade proto in request/, 'POST', '/session');
  const id = await create({ Image: 'ubuntu', Cmd: ['true'] });
  await refused(500, /not a directory/, 'GET', `/containers/${id}/archive?path=/etc/passwd/`);
  await docker('rm', id);
});

/** A POST with headers of its own. Resolves with the status and the whole answer. */
const post = (path: string, headers: Record<string, string>, body: Buffer = Buffer.alloc(0)) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request({ socketPath: d().socket, path, method: 'POST', headers }, async (answer) => {
      let text = '';
      for await (const piece of answer) text += String(piece);
      resolve({ status: answer.statusCode ?? 0, text });
    });
    asked.on('error', reject).end(body);
  });

s.test('null as credentials, and credentials that cannot be read, count as none', async () => {
  const context = archive({ name: 'Dockerfile', content: 'FROM ubuntu\nENV a=b\n' });
  const nothing = Buffer.from('null').toString('base64');
  const headers = { 'X-Registry-Config': nothing, 'Content-Type': 'application/x-tar' };
  const built = await post('/build?t=credentials', headers, context);
  assert.is(built.status, 200, built.text);
  assert.match(built.text, /Successfully tagged credentials/);
  const pulled = await post('/images/create?fromImage=ubuntu&tag=latest', { 'X-Registry-Auth': 'foobar' });
  assert.is(pulled.status, 200, pulled.text);
  await docker('rmi', 'credentials');
});

/** A classic build of the lines. Resolves with the answer's text. */
async function build(tag: string, ...lines: string[]): Promise<string> {
  const context = archive({ name: 'Dockerfile', content: `${lines.join('\n')}\n` }, { name: 'f', content: 'f' });
  const { status, text } = await post(`/build?t=${tag}`, { 'Content-Type': 'application/x-tar' }, context);
  assert.is(status, 200, text);
  return text;
}

s.test('COPY --from takes patterns, and says which image it could not get', async () => {
  const text = await build(
    'patterns',
    'FROM ubuntu AS one',
    'RUN mkdir -p /o/sub && touch /o/a.jar /o/b.jar /o/c.txt /o/sub/d.jar',
    'FROM ubuntu',
    'COPY --from=one /o/*.jar /o/?ub /z/',
    'RUN echo $(ls /z)',
  );
  assert.match(text, /a\.jar b\.jar d\.jar/);
  assert.match(await build('x', 'FROM ubuntu AS one', 'FROM ubuntu', 'COPY --from=one /o/*.no /z/'), /no source files/);
  assert.match(
    await build('x', 'FROM ubuntu', 'COPY --from=no.such/image f /'),
    /invalid from flag value no\.such\/image: /,
  );
  await docker('rmi', 'patterns');
});

s.test('a link that leads nowhere is followed by ADD, and the directory is made where it leads', async () => {
  const text = await build('links', 'FROM ubuntu', 'RUN ln -s /no/where /ln', 'ADD f /ln/', 'RUN echo $(ls /no/where)');
  assert.match(text, /"stream":"f\\n"/);
  await docker('rmi', 'links');
});

s.test('the order of ports does not change a build, and its name is an event', async () => {
  const since = Date.now() / 1000;
  await build('ports-a', 'FROM ubuntu', 'EXPOSE 80 2375');
  assert.match(await build('ports-b', 'FROM ubuntu', 'EXPOSE 2375 80'), /Using cache/);
  const until = Date.now() / 1000 + 1;
  const filters = encodeURIComponent(JSON.stringify({ type: ['image'], event: ['tag'] }));
  const { body } = await d().api('GET', `/events?since=${since}&until=${until}&filters=${filters}`);
  assert.equal(
    body
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { Actor: { Attributes: { name: string } } }).Actor.Attributes.name),
    ['ports-a:latest', 'ports-b:latest'],
  );
  await docker('rmi', 'ports-a', 'ports-b');
});

s.test('an image has the one that it was built on as its parent, and so have containers an ancestor', async () => {
  await build('child', 'FROM ubuntu', 'ENV a=b');
  const parent = await docker('image', 'inspect', '-f', '{{.Parent}}', 'child');
  assert.is(parent, await docker('image', 'inspect', '-f', '{{.Id}}', 'ubuntu'));
  await docker('create', '--name', 'of-child', 'child', 'true');
  await docker('create', '--name', 'of-base', 'ubuntu', 'true');
  const of = async (image: string) =>
    (await docker('ps', '-a', '-f', `ancestor=${image}`, '--format', '{{.Names}}')).split('\n').sort();
  assert.equal(await of('ubuntu'), ['of-base', 'of-child']);
  assert.equal(await of('child'), ['of-child']);
  await docker('rm', 'of-child', 'of-base');
  await docker('rmi', 'child');
});

s.test.run();
