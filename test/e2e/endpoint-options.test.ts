/** The options of one endpoint: its link's sysctls and name, gateway priority, MAC and link-local addresses. */
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { inNetworkOf } from './ports/servers.ts';
import { site } from './site.ts';

const s = await site('the options of an endpoint', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const refused = (...args: string[]) => d().dockerRefused(...args);
const within = async (name: string, ...args: [string, ...string[]]) => {
  const pid = Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
  return sh(...(inNetworkOf(pid) as [string, ...string[]]), ...args).trim();
};
const sysctl = (name: string, path: string) => within(name, 'cat', `/proc/sys/net/${path}`);
const SYSCTLS = 'com.docker.network.endpoint.sysctls';
const IFNAME = 'com.docker.network.endpoint.ifname';

let before: Record<string, string[]>;
s.test.before(async () => {
  await docker('network', 'create', 'first');
  await docker('run', '--rm', '--network', 'first', 'tiny', 'true');
  await docker('network', 'rm', 'first');
  before = await atRest(d());
  await docker('network', 'create', '--subnet', '10.5.0.0/24', 'front');
  await docker('network', 'create', '--subnet', '10.6.0.0/24', 'back');
});

const full = (name: string) =>
  `name=front,"driver-opt=${SYSCTLS}=net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.neigh.IFNAME.mcast_solicit=7",` +
  `driver-opt=${IFNAME}=${name},mac-address=02:42:0a:05:00:77,link-local-ip=169.254.7.7,gw-priority=-1`;

for (const [client, name] of [
  ['docker', 'aa'],
  ['drydock', 'bb'],
] as const)
  s.test(`${client}: each option of --network name=… is obeyed at a start, and again at the next`, async () => {
    const words = [
      'run',
      '-d',
      '--name',
      name,
      '--network',
      full('foo0'),
      '--network',
      'back',
      'tiny',
      'sleep',
      '1000',
    ];
    const { code, err } = await d().client(client, words);
    assert.is(code, 0, err);
    for (const turn of ['start', 'restart']) {
      assert.is(await sysctl(name, 'ipv4/conf/foo0/log_martians'), '1', turn);
      assert.is(await sysctl(name, 'ipv4/conf/eth0/log_martians'), '0', 'the link of the other network');
      assert.is(await sysctl(name, 'ipv4/neigh/foo0/mcast_solicit'), '7');
      const link = await within(name, 'ip', 'addr', 'show', 'foo0');
      assert.match(link, 'link/ether 02:42:0a:05:00:77');
      assert.match(link, 'inet 169.254.7.7/16');
      assert.match(await within(name, 'ip', 'route', 'show', 'default'), 'via 10.6.0.1 dev eth0');
      await docker('restart', '-t', '0', name);
    }
    assert.match(await d().ok('trace', name), 'network.set-sysctls@front');
    assert.is(sh('cat', '/proc/sys/net/ipv4/conf/lo/log_martians').trim(), '0', 'the host is as it was');
    await docker('rm', '-f', name);
  });

s.test('a running container that is connected gets them, too', async () => {
  await docker('run', '-d', '--name', 'cc', '--network', 'back', 'tiny', 'sleep', '1000');
  const option = `${SYSCTLS}=net.ipv4.conf.IFNAME.forwarding=0`;
  await docker('network', 'connect', '--driver-opt', option, '--driver-opt', `${IFNAME}=bar0`, 'front', 'cc');
  assert.is(await sysctl('cc', 'ipv4/conf/bar0/forwarding'), '0');
  await docker('network', 'disconnect', 'front', 'cc');
  const wrong = `${SYSCTLS}=net.ipv4.conf.IFNAME.no_such=1`;
  const words = await refused('network', 'connect', '--driver-opt', wrong, 'front', 'cc');
  assert.match(words, 'failed to set sysctl net.ipv4.conf.eth1.no_such=1: this kernel has no such file');
  assert.equal(JSON.parse(await within('cc', 'ip', '-j', 'link')).length, 2, 'the connection was taken back');
  await docker('rm', '-f', 'cc');
});

s.test('a text of another form is refused, and names no file elsewhere', async () => {
  for (const [text, words] of [
    ['net.ipv4.conf.IFNAME.log_martians', 'to have format name=value'],
    ['net.ipv4.ip_forward=1', 'to have format net.X.Y.IFNAME.Z'],
    ['kernel.a.b.IFNAME.c=1', 'to have format net.X.Y.IFNAME.Z'],
    ['net.ipv4.conf.eth0.forwarding=1', 'to have format net.X.Y.IFNAME.Z'],
    ['net./.conf.IFNAME.forwarding=1', 'to have format net.X.Y.IFNAME.Z'],
  ] as const)
    assert.match(await refused('create', '--network', `name=front,driver-opt=${SYSCTLS}=${text}`, 'tiny'), words);
  assert.match(
    await refused('create', '--network', `name=front,driver-opt=${IFNAME}=a/b`, 'tiny'),
    'is no name of a link',
  );
  const { code, err } = await d().cli('create', '--network', 'name=front,colour=red', 'tiny');
  assert.is.not(code, 0);
  assert.match(err, 'invalid field key colour');
});

s.test('nothing of them is left behind at the end', async () => {
  await docker('network', 'rm', 'front', 'back');
  await sameAs(before, d());
});

s.test.run();
