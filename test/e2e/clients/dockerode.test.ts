/** dockerode: networks, names, ports, exec, logs, statistics and events of containers, by promises and streams. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import Docker from 'dockerode';
import * as assert from 'uvu/assert';
import { atRest, sameAs } from '../leftovers.ts';
import { site } from '../site.ts';
import { until } from '../../until.ts';

const s = await site('a program with dockerode');
const client = () => new Docker({ socketPath: s.daemon.socket });

const SERVE = `$| = 1; $s = IO::Socket::INET->new(LocalPort => 7777, Listen => 9, ReuseAddr => 1) or die;
  print "up\\n"; while ($c = $s->accept) { print $c "here\\n"; close $c }`;

/** What a command in the container wrote to stdout, and its exit code. */
async function execute(container: Docker.Container, ...Cmd: string[]): Promise<[string, number | null]> {
  const exec = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const [out, err] = [new PassThrough(), new PassThrough()];
  container.modem.demuxStream(stream, out, err);
  stream.on('end', () => void (out.end(), err.end()));
  err.resume();
  return [(await text(out)).trim(), (await exec.inspect()).ExitCode];
}
const ask = async (container: Docker.Container, host: string) =>
  (await execute(container, 'timeout', '2', 'bash', '-c', `cat </dev/tcp/${host}/7777`))[0];
const networksOf = async (container: Docker.Container) =>
  Object.keys((await container.inspect()).NetworkSettings.Networks).sort();

s.test('it makes networks and containers, connects, asks and removes them', async () => {
  const before = await atRest(s.daemon);
  const docker = client();
  const since = Math.floor(Date.now() / 1000);
  const IPAM = { Driver: 'default', Config: [{ Subnet: '10.72.0.0/24', Gateway: '10.72.0.254' }] };
  const network = await docker.createNetwork({ Name: 'node', IPAM });
  const second = await docker.createNetwork({ Name: 'node2' });
  const web = await docker.createContainer({
    name: 'node-web',
    Image: 'ubuntu',
    Cmd: ['perl', '-MIO::Socket::INET', '-e', SERVE],
    ExposedPorts: { '7777/tcp': {} },
    HostConfig: { NetworkMode: 'node', PortBindings: { '7777/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    NetworkingConfig: { EndpointsConfig: { node: { Aliases: ['www'], IPAMConfig: { IPv4Address: '10.72.0.9' } } } },
  });
  await web.start();
  const HostConfig = { NetworkMode: 'node' };
  const user = await docker.createContainer({ name: 'node-user', Image: 'ubuntu', Cmd: ['sleep', '1000'], HostConfig });
  await user.start();

  const logs = async () => (await web.logs({ stdout: true, stderr: true })).toString();
  await until('it listens', async () => (await logs()).endsWith('up\n'));
  const about = await web.inspect();
  assert.is(about.NetworkSettings.Networks['node']?.IPAddress, '10.72.0.9');
  for (const host of ['www', 'node-web', '10.72.0.9']) assert.is(await ask(user, host), 'here', host);
  const { HostIp, HostPort } = about.NetworkSettings.Ports['7777/tcp']![0]!;
  assert.is(HostIp, '127.0.0.1');
  assert.is(await text(connect(Number(HostPort), HostIp)), 'here\n');

  await second.connect({ Container: user.id, EndpointConfig: { Aliases: ['other'] } });
  assert.equal(await networksOf(user), ['node', 'node2']);
  await network.disconnect({ Container: user.id });
  assert.equal(await networksOf(user), ['node2']);
  assert.is(await ask(user, 'node-web'), '');
  await network.connect({ Container: user.id, EndpointConfig: { IPAMConfig: { IPv4Address: '10.72.0.20' } } });
  assert.is(await ask(user, 'node-web'), 'here');
  const members = Object.values(((await network.inspect()) as Docker.NetworkInspectInfo).Containers ?? {});
  assert.equal(members.map(({ Name }) => Name).sort(), ['node-user', 'node-web']);

  assert.equal(await execute(user, 'sh', '-c', 'echo out; echo err >&2; exit 3'), ['out', 3]);
  const stats = await web.stats({ stream: false });
  assert.ok(stats.networks['eth0']!.rx_packets > 0);

  await web.remove({ force: true });
  await user.remove({ force: true });
  await network.remove();
  await second.remove();
  const events = await docker.getEvents({ since, until: Date.now() / 1000, filters: { type: ['network'] } });
  const seen = (await text(events as NodeJS.ReadableStream & AsyncIterable<Buffer>))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { Action: string; Actor: { Attributes: { name: string } } });
  assert.equal([...new Set(seen.map(({ Action, Actor }) => `${Action} ${Actor.Attributes.name}`))].sort(), [
    ...['connect', 'create', 'destroy', 'disconnect'].flatMap((action) => [`${action} node`, `${action} node2`]),
  ]);
  const gone = await network.inspect().catch((error: { statusCode: number }) => error.statusCode);
  assert.is(gone, 404);
  const { descriptors: _, ...rest } = before;
  await sameAs(rest, s.daemon);
});

s.test.run();
