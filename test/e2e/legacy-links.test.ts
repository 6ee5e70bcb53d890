/** --link on the default bridge: names in /etc/hosts and variables, and what is refused, as by dockerd. */
import * as assert from 'uvu/assert';
import { pullMade } from './made-image.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('links on the default bridge', { images: [] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const refused = (...args: string[]) => d().dockerRefused(...args);

let before: Record<string, string[]>;
s.test.before(async () => {
  await pullMade(d(), 'tiny');
  await docker('run', '--rm', 'tiny', 'true');
  before = await atRest(d());
  const flags = ['--expose', '80-81', '--expose', '53/udp', '-e', 'COLOUR=red', '--hostname', 'store'];
  await docker('run', '-d', '--name', 'my-db', ...flags, 'tiny', 'sleep', '1000');
});
const addressOf = (name: string) => docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', name);

s.test('the alias, the host name and the name are in /etc/hosts, also of a second client', async () => {
  const address = await addressOf('my-db');
  for (const client of ['docker', 'drydock'] as const) {
    const { out, err } = await d().client(client, ['run', '--rm', '--link', 'my-db:a-b', 'tiny', 'cat', '/etc/hosts']);
    assert.ok(out.includes(`${address}\ta-b store my-db\n`), out + err);
  }
  const same = await docker('run', '--rm', '--link', 'my-db', 'tiny', 'cat', '/etc/hosts');
  assert.ok(same.includes(`${address}\tmy-db store\n`), same);
});

s.test('the variables tell of each exposed port and of the variables of the target, also in an exec', async () => {
  await docker('run', '-d', '--name', 'web', '--link', 'my-db:a-b', '-e', 'A_B_PORT=mine', 'tiny', 'sleep', '1000');
  const address = await addressOf('my-db');
  const linked = async () =>
    (await docker('exec', 'web', 'sh', '-c', 'export')).split('\n').filter((line) => line.includes(' A_B_'));
  const wanted = [
    ...[80, 81].flatMap((port) => [
      `A_B_PORT_${port}_TCP='tcp://${address}:${port}'`,
      `A_B_PORT_${port}_TCP_ADDR='${address}'`,
      `A_B_PORT_${port}_TCP_PORT='${port}'`,
      `A_B_PORT_${port}_TCP_PROTO='tcp'`,
    ]),
    `A_B_PORT_80_TCP_START='tcp://${address}:80'`,
    `A_B_PORT_80_TCP_PORT_START='80'`,
    `A_B_PORT_80_TCP_END='tcp://${address}:81'`,
    `A_B_PORT_80_TCP_PORT_END='81'`,
    `A_B_PORT_53_UDP='udp://${address}:53'`,
    `A_B_PORT_53_UDP_ADDR='${address}'`,
    `A_B_PORT_53_UDP_PORT='53'`,
    `A_B_PORT_53_UDP_PROTO='udp'`,
    `A_B_PORT='mine'`,
    `A_B_NAME='/web/a-b'`,
    `A_B_ENV_COLOUR='red'`,
  ];
  assert.equal(await linked(), wanted.map((line) => `export ${line}`).sort());
});

s.test('inspect shows the link with the names of both as they are now', async () => {
  const links = () => docker('inspect', '-f', '{{json .HostConfig.Links}}', 'web');
  assert.is(await links(), '["/my-db:/web/a-b"]');
  await docker('rename', 'my-db', 'other');
  assert.is(await links(), '["/other:/web/a-b"]');
  await docker('rename', 'other', 'my-db');
  assert.is(await docker('inspect', '-f', '{{json .HostConfig.Links}}', 'my-db'), 'null');
});

s.test('links that lead nowhere are refused in the words of dockerd', async () => {
  const create = (...flags: string[]) => refused('create', ...flags, 'tiny', 'true');
  assert.match(await create('--link', 'nope:x'), 'could not get container for nope: No such container: nope');
  assert.match(await create('--link', 'my-db:x y'), 'invalid alias "x y"');
  const conflict = "conflicting options: host type networking can't be used with links";
  assert.match(await create('--network', 'host', '--link', 'my-db:x'), conflict);
  await docker('network', 'create', 'front');
  await docker('run', '-d', '--name', 'far', '--network', 'front', 'tiny', 'sleep', '1000');
  const far = await refused('run', '--rm', '--link', 'far:x', 'tiny', 'true');
  assert.match(far, 'Cannot link to /far, as it does not belong to the default network');
  await docker('create', '--name', 'still', 'tiny', 'true');
  const still = await refused('run', '--rm', '--name', 'me', '--link', 'still:x', 'tiny', 'true');
  assert.match(still, 'Cannot link to a non running container: /still AS /me/x');
});

s.test('on a network that a user made a link is an alias that only this container sees', async () => {
  const ask = ['tiny', 'sh', '-c', 'busybox nslookup -type=a x 127.0.0.11 || true'];
  const linked = await docker('run', '--rm', '--network', 'front', '--link', 'far:x', ...ask);
  const address = await docker('inspect', '-f', '{{.NetworkSettings.Networks.front.IPAddress}}', 'far');
  assert.match(linked, address);
  assert.not.match(await docker('run', '--rm', '--network', 'front', ...ask), address);
});

s.test('the line follows the other container to its new address, and rm --link takes it away', async () => {
  const hosts = () => docker('exec', 'web', 'cat', '/etc/hosts');
  const before = await addressOf('my-db');
  assert.match(await hosts(), `${before}\ta-b store my-db\n`);
  await docker('stop', '-t', '0', 'my-db');
  await docker('run', '-d', '--name', 'squatter', 'tiny', 'sleep', '1000');
  assert.is(await addressOf('squatter'), before, 'the lowest free address');
  await docker('start', 'my-db');
  const after = await addressOf('my-db');
  assert.is.not(after, before);
  await until('the line has the new address', async () => (await hosts()).includes(`${after}\ta-b store my-db\n`));
  assert.not.match(await hosts(), `${before}\ta-b`);
  await docker('rm', '-f', 'squatter');
  const conflict = 'Conflict, cannot remove the default link name of the container';
  assert.match(await refused('rm', '--link', 'web'), conflict);
  assert.match(await refused('rm', '--link', 'web/nope'), 'No such container: web/nope');
  assert.match(await refused('rm', '--link', 'nope/a-b'), 'No such container: nope/a-b');
  await docker('run', '-d', '--name', 'two', '--link', 'my-db:a-b', '--link', 'my-db:c', 'tiny', 'sleep', '1000');
  await docker('rm', '--link', 'two/a-b');
  assert.is(await docker('inspect', '-f', '{{json .HostConfig.Links}}', 'two'), '["/my-db:/two/c"]');
  const left = await docker('exec', 'two', 'cat', '/etc/hosts');
  assert.not.match(left, 'a-b');
  assert.match(left, `${after}\tc store my-db`);
  assert.match(await refused('rm', '--link', 'two/a-b'), 'No such container: two/a-b');
  await docker('restart', '-t', '0', 'two');
  assert.not.match(await docker('exec', 'two', 'cat', '/etc/hosts'), 'a-b');
  await docker('rm', '-f', 'two');
});

s.test('a container whose target was removed starts without the link', async () => {
  await docker('stop', '-t', '0', 'web');
  await docker('rm', '-f', 'my-db', 'far', 'still');
  await docker('start', 'web');
  assert.not.match(await docker('exec', 'web', 'cat', '/etc/hosts'), 'a-b');
  assert.is(await docker('inspect', '-f', '{{json .HostConfig.Links}}', 'web'), 'null');
  await docker('rm', '-f', 'web');
  await docker('network', 'rm', 'front');
  const { descriptors: _, ...rest } = before;
  await sameAs(rest, d());
});

s.test.run();
