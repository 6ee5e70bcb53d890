import * as assert from 'uvu/assert';
import { hostsFile, onlyLoopback, parseResolvConf, resolvConf } from '../../runtime/network/names/files.ts';
import type { Endpoint } from '../../runtime/network/endpoint.ts';
import { parseNetDev } from '../../runtime/network/sandbox/stats.ts';
import { suite } from '../harness.ts';

const test = suite('files of the network');

const bridge: Endpoint = {
  driver: 'bridge',
  network: 'bridge',
  endpointID: '',
  hostLink: 'v',
  address: '172.30.0.2',
  gateway: '172.30.0.1',
  prefix: 16,
};
const hosts = (more: Partial<Parameters<typeof hostsFile>[0]>) =>
  hostsFile({ endpoints: [bridge], hostname: 'box', extra: [], hostFile: '', ...more });
const resolver = (more: Partial<Parameters<typeof resolvConf>[0]>) =>
  resolvConf({ onHost: false, hostFile: '', dns: [], search: [], options: [], ...more });

test('hosts names localhost, what was added, and the container itself', () => {
  const text = hosts({
    extra: ['db:10.0.0.7', 'gate:host-gateway', 'six:[fd00::7]', 'old=10.0.0.8'],
    domainname: 'example.org',
  });
  assert.match(text, '127.0.0.1\tlocalhost\n::1\tlocalhost');
  assert.match(text, '10.0.0.7\tdb\n172.30.0.1\tgate\nfd00::7\tsix\n10.0.0.8\told\n172.30.0.2\tbox.example.org box\n');
});

test('without a network hosts has no address of the container', () => {
  assert.not.match(hosts({ endpoints: [{ driver: 'none' }] }), 'box');
});

test("on the host's network hosts is the host's file and what was added", () => {
  const endpoints = [{ driver: 'host' }] as const;
  assert.is(
    hosts({ endpoints, hostFile: '127.0.0.1 localhost\n10.1.1.1 nas\n', extra: ['self:host-gateway'] }),
    '127.0.0.1 localhost\n10.1.1.1 nas\n127.0.0.1\tself\n',
  );
});

test('resolvers of the host are taken over, those on its loopback are not', () => {
  const hostFile =
    '# a comment\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 10.0.0.53\nnameserver fe80::1%eth0\nsearch a.example b.example\noptions edns0 trust-ad\n';
  assert.is(resolver({ hostFile }), 'nameserver 10.0.0.53\nsearch a.example b.example\noptions edns0 trust-ad\n');
  assert.match(resolver({ hostFile, onHost: true }), 'nameserver 127.0.0.53\nnameserver ::1\nnameserver 10.0.0.53');
});

test("on the host's network its file is taken as it is; elsewhere and with options, lines that only a resolver understands stay", () => {
  const hostFile =
    '# mine\ndomain d.example\nsortlist 130.155.160.0/255.255.240.0\nnameserver 127.0.0.53\nlookup file bind\n';
  assert.is(resolver({ hostFile, onHost: true }), hostFile);
  const rest = 'search d.example\nsortlist 130.155.160.0/255.255.240.0\nlookup file bind\n';
  assert.is(resolver({ hostFile, onHost: true, dns: ['9.9.9.9'] }), `nameserver 9.9.9.9\n${rest}`);
  assert.is(resolver({ hostFile: hostFile.replace('127.0.0.53', '10.0.0.53') }), `nameserver 10.0.0.53\n${rest}`);
});

test('a full host name has its first part beside it', () => {
  assert.match(hosts({ hostname: 'a.b.c' }), '\n172.30.0.2\ta.b.c a\n');
  assert.match(hosts({ hostname: 'a.b.c', domainname: 'x.y' }), '\n172.30.0.2\ta.b.c.x.y a\n');
  assert.match(hosts({}), '\n172.30.0.2\tbox\n');
});

test('what was asked for goes before what the host has', () => {
  const hostFile = 'nameserver 10.0.0.53\nsearch a.example\noptions edns0\n';
  assert.is(
    resolver({ hostFile, dns: ['9.9.9.9'], search: ['x.example'], options: ['ndots:2'] }),
    'nameserver 9.9.9.9\nsearch x.example\noptions ndots:2\n',
  );
  assert.is(resolver({ hostFile, search: ['.'] }), 'nameserver 10.0.0.53\noptions edns0\n');
});

test('when no resolver can be reached, public ones are named and it is said', () => {
  assert.is(
    resolver({ hostFile: 'nameserver 127.0.0.1\n' }),
    '# the host names no resolver that a container can reach: these are public ones\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n',
  );
});

test('the last search or domain line counts, and stubs are told apart', () => {
  assert.equal(parseResolvConf('domain d.example\nsearch a\nsearch b c\n').search, ['b', 'c']);
  assert.equal(parseResolvConf('domain d.example\n').search, ['d.example']);
  assert.ok(onlyLoopback('nameserver 127.0.0.53\noptions edns0\n'));
  assert.not.ok(onlyLoopback('nameserver 127.0.0.53\nnameserver 1.1.1.1\n'));
  assert.not.ok(onlyLoopback(''));
});

test('counters are those that docker stats shows, without lo', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9
  eth0:1016      12    1    2    0     0          0         0      806       9    3    4    0     0       0          0
`;
  assert.equal(parseNetDev(text), {
    eth0: {
      rx_bytes: 1016,
      rx_packets: 12,
      rx_errors: 1,
      rx_dropped: 2,
      tx_bytes: 806,
      tx_packets: 9,
      tx_errors: 3,
      tx_dropped: 4,
    },
  });
  assert.equal(parseNetDev('nonsense'), {});
});

test.run();
