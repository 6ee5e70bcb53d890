import * as assert from 'uvu/assert';
import type { Endpoint } from '../../runtime/network/endpoint.ts';
import { served } from '../../runtime/network/names/served.ts';
import { memberLines, networkLines, serverLines, setsNdots, withNetworks } from '../../runtime/network/names/table.ts';
import { suite } from '../harness.ts';

const test = suite('tables of name servers');

const member = {
  container: 'c'.repeat(64),
  name: 'web',
  hostname: 'box',
  aliases: ['www', 'web', 'two words', 'line\nbreak', 'x'.repeat(300), ''],
  links: [],
  address: '172.18.0.2',
  address6: '2001:db8::2',
};
const endpoint = (more: Partial<Endpoint>): Endpoint => ({
  driver: 'bridge',
  network: 'front',
  networkID: 'a'.repeat(64),
  endpointID: 'e',
  ...more,
});

test('a member has a line for each address, with each name once, and without what is no name', () => {
  assert.is(
    memberLines([member]),
    '172.18.0.2 web www cccccccccccc box\n2001:db8:0:0:0:0:0:2 web www cccccccccccc box\n',
  );
});

test('servers are written as native code reads them, and one with a zone is left out', () => {
  const upstream = { servers: ['127.0.0.53', '2001:db8::53', 'fe80::1%eth0'], inside: true };
  assert.is(serverLines(upstream, ['ndots:2']), 'server 127.0.0.53\nserver 2001:db8:0:0:0:0:0:53\ninside\nndots\n');
  assert.equal(
    [['ndots:0'], ['ndots:1'], ['edns0'], []].map((options) => setsNdots(options)),
    [false, true, false, false],
  );
});

test('the name server is never told to ask itself', () => {
  const servers = ['127.0.0.11', '192.0.2.1'];
  assert.is(serverLines({ servers, inside: true }, []), 'server 192.0.2.1\ninside\n');
  assert.is(serverLines({ servers, inside: false }, []), 'server 127.0.0.11\nserver 192.0.2.1\n', "the host's own one");
});

test('the networks of a container can be replaced, and its servers stay', () => {
  const before = networkLines([endpoint({}), endpoint({ network: 'bridge', driver: 'bridge', networkID: '' })]);
  assert.is(before, `forward\nnetwork ${'a'.repeat(64)} front\n`);
  const now = networkLines([endpoint({ internal: true, links: ['web:store', 'db', 'a b:c'] })]);
  const id = 'a'.repeat(64);
  assert.is(now, `network ${id} front\nlink ${id} store web\nlink ${id} db db\n`);
  assert.is(withNetworks(`server 1.2.3.4\nndots\n${before}`, now), `server 1.2.3.4\nndots\n${now}`);
});

test('resolv.conf keeps what the host has, and says whom the name server asks', () => {
  const hostFile = 'search a b\noptions edns0 ndots:x\nnameserver 127.0.0.53\nsortlist 10.0.0.0\n';
  const { file, upstream, options } = served({ hostFile, dns: [], search: [], options: [] });
  assert.is(
    file,
    `nameserver 127.0.0.11
search a b
options edns0 ndots:0
sortlist 10.0.0.0

# Based on host file: '/etc/resolv.conf' (internal resolver)
# ExtServers: [host(127.0.0.53)]
# Overrides: []
# Option ndots from: internal
`,
  );
  assert.equal(upstream, { servers: ['127.0.0.53'], inside: false });
  assert.equal(options, ['edns0', 'ndots:0']);
});

test('settings of the container come before those of the host, and its servers are asked from inside', () => {
  const hostFile = 'search a\noptions ndots:3\nnameserver 192.0.2.1\n';
  const own = served({ hostFile, dns: ['192.0.2.9'], search: ['.'], options: ['ndots:2'] });
  assert.match(own.file, /^nameserver 127\.0\.0\.11\noptions ndots:2\n\n/);
  assert.match(own.file, /# ExtServers: \[192\.0\.2\.9\]\n# Overrides: \[nameservers search options\]\n/);
  assert.match(own.file, /# Option ndots from: override\n$/);
  assert.equal(own.upstream, { servers: ['192.0.2.9'], inside: true });
  assert.match(served({ hostFile, dns: [], search: [], options: [] }).file, /# Option ndots from: host\n$/);
  const none = served({ hostFile: '', dns: [], search: [], options: [] });
  assert.match(none.file, /# Used default nameservers\.\n# ExtServers: \[host\(8\.8\.8\.8\) host\(8\.8\.4\.4\)\]/);
});

test.run();
