import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { headersOf, type Headers } from '../../runtime/watch/headers.ts';
import { Daemon } from '../e2e/daemon.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { sh, suite } from '../harness.ts';
import type { Caller } from '../live/caller.ts';
import { makeOutside } from '../network/outside.ts';
import { look, told } from './looking.ts';
import { until } from '../until.ts';

const test = suite('packets while somebody looks', ...needs);
await ownRoom();
const served = mkdtempSync('/tmp/drydock-served-');
const daemon = new Daemon();
let caller: Caller;
let outside: ChildProcess;
let id: string;
const address = async (name: string) =>
  (await daemon.json<{ NetworkSettings: { IPAddress: string } }>(`/containers/${name}/json`)).NetworkSettings.IPAddress;
/** The AF_PACKET sockets on this link: packet(7); the columns of /proc/net/packet are sk RefCnt Type Proto Iface … */
const socketsOn = (index: number) =>
  readFileSync('/proc/net/packet', 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => Number(line.trim().split(/\s+/)[4]) === index).length;
const ownLink = () =>
  (
    JSON.parse(sh('ip', '-j', 'link', 'show', 'master', daemon.bridge, 'type', 'veth')) as {
      ifindex: number;
      ifname: string;
    }[]
  ).find(({ ifname }) => ifname.includes(id.slice(0, 6)))!.ifindex;
const seen = (): Headers[] =>
  told(caller, 'packets').flatMap(({ packets }) => packets.map(({ data }) => headersOf(Buffer.from(data, 'base64'))));
const inside = (script: string) => daemon.ok('exec', 'one', 'bash', '-c', script);

test.before(async () => {
  // Before the daemon, because its bridge must not choose this subnet.
  outside = await makeOutside(served);
  await daemon.start();
  id = await daemon.ok('run', '-d', '--name', 'one', 'ubuntu', 'sleep', '1000');
  await daemon.ok('run', '-d', '--name', 'two', 'ubuntu', 'sleep', '1000');
  caller = await look(daemon);
});
test.after(async () => {
  caller?.socket.close();
  await daemon.close();
  outside?.kill();
  rmSync(served, { recursive: true, force: true });
});

test('the packet socket is opened only when a viewer looks', () => {
  assert.is(socketsOn(ownLink()), 0);
});

test('what one container sends to another is seen, and what comes back', async () => {
  await caller.ask('packets', { id, on: true });
  await until('the socket is bound', () => socketsOn(ownLink()) === 1);
  const [own, other] = [await address('one'), await address('two')];
  await inside(`echo hello > /dev/udp/${other}/4999; (echo > /dev/tcp/${other}/5000) 2> /dev/null; true`);
  await until(
    'all of it is seen',
    () =>
      ['ARP', 'UDP', 'TCP'].every((protocol) => seen().some((one) => one.protocol === protocol)) &&
      seen().some(({ words }) => words === 'port unreachable'),
  );
  const udp = seen().find(({ protocol }) => protocol === 'UDP')!;
  assert.equal([udp.source, udp.target, udp.ports?.[1], udp.words], [own, other, 4999, '6 bytes']);
  const tcp = seen().filter(({ protocol }) => protocol === 'TCP');
  assert.equal(
    tcp.map(({ source, words }) => [source, words]),
    [
      [own, 'SYN'],
      [other, 'ACK RST'],
    ],
  );
});

test("the time is the kernel's, and the length that on the wire", async () => {
  const before = Date.now();
  await inside(`head -c 1000 /dev/zero > /dev/udp/${await address('two')}/4999`);
  const packet = await until('the packet', () =>
    told(caller, 'packets')
      .flatMap(({ packets }) => packets)
      .find(({ length }) => length === 1000 + 14 + 20 + 8),
  );
  assert.is(Buffer.from(packet.data, 'base64').length, 256, 'no more is kept than its beginning');
  assert.ok(
    packet.time >= before - 5 && packet.time <= Date.now() && !Number.isInteger(packet.time),
    String(packet.time),
  );
});

test('what leaves the host is given another address, and conntrack says which', async () => {
  const [route] = JSON.parse(sh('ip', '-j', '-4', 'route', 'show', 'default')) as [{ gateway: string; dev: string }];
  await inside(`echo out > /dev/udp/${route.gateway}/9`);
  const rewrite = await until('the rewriting', () =>
    told(caller, 'packets')
      .flatMap(({ rewrites }) => rewrites)
      .find(({ target }) => target === `${route.gateway}:9`),
  );
  const host = (
    JSON.parse(sh('ip', '-j', '-4', 'address', 'show', 'dev', route.dev)) as { addr_info: { local: string }[] }[]
  )[0]!.addr_info.map(({ local }) => local);
  assert.is(rewrite.from.split(':')[0], await address('one'));
  assert.ok(host.includes(rewrite.to.split(':')[0]!), rewrite.to);
});

test('who floods is sampled, and the daemon keeps answering', async () => {
  const other = await address('two');
  const flood = daemon.cli(
    'exec',
    'one',
    'bash',
    '-c',
    `exec 3> /dev/udp/${other}/4999; for ((j = 0; j < 20000; j++)); do echo x >&3 2> /dev/null; done`,
  );
  await until('some are missing', () => told(caller, 'packets').some(({ more }) => more));
  const began = performance.now();
  await daemon.json('/version');
  assert.ok(performance.now() - began < 10_000);
  await flood;
  assert.ok(told(caller, 'packets').every(({ packets }) => packets.length <= 64));
});

test('when no viewer looks any more the socket is gone', async () => {
  await caller.ask('packets', { id, on: false });
  await until('it is closed', () => socketsOn(ownLink()) === 0);
  await caller.ask('packets', { id, on: true });
  await until('it is there again', () => socketsOn(ownLink()) === 1);
  const second = await look(daemon);
  await second.ask('packets', { id, on: true });
  caller.socket.close();
  await second.ask('packets', { id, on: true });
  assert.is(socketsOn(ownLink()), 1, 'one for all who look');
  second.socket.terminate();
  await until('a viewer that is torn off leaves none', () => socketsOn(ownLink()) === 0);
});

test('a container that is started again is listened to again', async () => {
  const third = await look(daemon);
  await third.ask('packets', { id, on: true });
  await until('listening', () => socketsOn(ownLink()) === 1);
  const old = ownLink();
  await daemon.ok('restart', '-t', '0', 'one');
  await until('listening on the new link', () => socketsOn(ownLink()) === 1);
  assert.is.not(ownLink(), old, 'the link is another');
  await daemon.ok('rm', '-f', 'one');
  await until(
    'nothing is left',
    () =>
      !readFileSync('/proc/net/packet', 'utf8')
        .split('\n')
        .slice(1)
        .some((line) => line.trim().split(/\s+/)[4] === '-1'),
  );
  third.socket.close();
});

test.run();
