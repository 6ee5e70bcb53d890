/** `drydock why` over IPv6, with TCP and UDP: what arrives, each classic cause, and that nothing is left behind. */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { sh } from '../harness.ts';
import type { Report } from '../../runtime/network/why/report.ts';
import { atRest } from '../e2e/leftovers.ts';
import { inNetworkOf, outsideWithIpv6, serve, type Outside } from '../e2e/ports/servers.ts';
import { site } from '../e2e/site.ts';
import { killedWhileFollowing } from './killed.ts';

const s = await site('why one reaches another over IPv6', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const start = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'tiny', 'sleep', '1000');
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));

async function why(...words: string[]): Promise<Report> {
  const { code, out, err } = await d().cli('why', '--json', ...words);
  assert.ok(code === 0 || code === 1, `${code}: ${err}`);
  const report = JSON.parse(out) as Report;
  assert.is(code, report.reachable ? 0 : 1);
  return report;
}
const evidence = ({ hops }: Report, kind: string) =>
  hops.flatMap((hop) => (hop.kind === kind ? hop.evidence : [])).join('\n');
const kinds = ({ hops }: Report) => hops.map(({ kind, where }) => `${kind} ${where}`);

const servers: ChildProcess[] = [];
let outside: Outside;
let before: Record<string, string[]>;
s.test.before(async () => {
  outside = await outsideWithIpv6();
  const six = (name: string, four: string, net: string) =>
    docker('network', 'create', '--ipv6', '--subnet', four, '--subnet', net, name);
  await six('front', '10.5.0.0/24', 'fd00:5::/64');
  await six('back', '10.6.0.0/24', 'fd00:6::/64');
  await docker('network', 'create', '--subnet', '10.7.0.0/24', 'four');
  await docker('network', 'create', '--ipv4=false', '--ipv6', '--subnet', 'fd00:8::/64', 'six');
  await start('web', '--network', 'front');
  await start('db', '--network', 'front', '--ip6', 'fd00:5::77', '-p', '18080:7777', '-p', '18080:7777/udp');
  await start('far', '--network', 'back', '--ip6', 'fd00:6::77');
  await start('old', '--network', 'four', '-p', '18090:7777');
  await start('only', '--network', 'six', '--add-host', 'both:10.7.0.9', '--add-host', 'both:fd00:8::77');
  await start('new', '--network', 'six', '--ip6', 'fd00:8::77');
  for (const name of ['db', 'far', 'new', 'old']) {
    const where = inNetworkOf(await pidOf(name));
    servers.push(await serve(where, 7777, name === 'old' ? '0.0.0.0' : '::'));
  }
  servers.push(await serve(inNetworkOf(await pidOf('db')), 7778, '::1'));
  before = await atRest(d());
});
s.test.after(() => {
  for (const server of servers) server.kill();
  outside.end();
});

s.test('a server is reached by address, by URL and by name, and each hop has its evidence', async () => {
  for (const words of [
    ['web', '[fd00:5::77]:7777'],
    ['web', 'http://[FD00:5:0::77]:7777/'],
    ['-6', 'web', 'db:7777'],
  ]) {
    const report = await why(...words);
    assert.is(report.reachable, true, JSON.stringify(report, null, 1));
    assert.match(evidence(report, 'route'), /^fd00:5::77 dev eth0 src fd00:5::\d+$/);
    assert.match(evidence(report, 'neighbour'), /^fd00:5::77 dev eth0 lladdr ..:/);
    assert.match(evidence(report, 'listener'), /^\[::\]:7777 LISTEN .*\(pid \d+\)/);
    assert.match(evidence(report, 'rules'), /^output: /, 'the packet leaves in the namespace of web');
    assert.match(evidence(report, 'answer'), 'connect([fd00:5::77]:7777) = accepted');
    for (const hop of ['bridge host', 'arrival db', 'way-back web'])
      assert.ok(kinds(report).includes(hop), `${hop} is not in ${kinds(report).join(', ')}`);
  }
  const named = await why('-6', 'web', 'db:7777');
  assert.match(evidence(named, 'name'), /127\.0\.0\.11 .*: AAAA\? db → NOERROR fd00:5::77/);
});

s.test('a datagram is followed, too, and the kernel refuses what nothing listens for', async () => {
  const report = await why('web', 'udp://[fd00:5::77]:7777');
  assert.is(report.sentence, 'web reaches [fd00:5::77]:7777/udp', JSON.stringify(report, null, 1));
  assert.match(evidence(report, 'listener'), /^\[::\]:7777 UNCONN/);
  assert.match(evidence(report, 'answer'), 'sendto([fd00:5::77]:7777) = accepted');
  assert.ok(kinds(report).includes('arrival db'));
  for (const [to, answer] of [
    ['udp://[fd00:5::77]:9', 'sendto([fd00:5::77]:9) = ECONNREFUSED'],
    ['[fd00:5::77]:9', 'connect([fd00:5::77]:9) = ECONNREFUSED'],
  ] as const) {
    const refused = await why('web', to);
    assert.match(refused.sentence, 'nothing listens on port 9 in db; these listen: ');
    assert.match(evidence(refused, 'answer'), answer);
  }
});

s.test('a listener on the loopback only', async () => {
  const report = await why('web', '[fd00:5::77]:7778');
  assert.match(report.sentence, /in db listens on \[::1\]:7778 only, which is its own loopback/);
  assert.match(report.change ?? '', /listen on \[::\]:7778/);
  const own = await why('db', '[::1]:7778');
  assert.is(own.sentence, 'db reaches [::1]:7778', JSON.stringify(own, null, 1));
});

s.test('a rule for IPv6 that drops is named, with TCP and UDP', async () => {
  sh('nft', 'add table ip6 other; add chain ip6 other out { type filter hook output priority 10; }');
  for (const protocol of ['tcp', 'udp']) sh('nft', `add rule ip6 other out ${protocol} dport 7777 drop`);
  try {
    for (const protocol of ['tcp', 'udp']) {
      const report = await why('host', `[fd00:5::77]:7777/${protocol}`);
      assert.match(
        report.sentence,
        `\`${protocol} dport 7777 drop\` in chain out of the nf_tables table ip6 other drops it (hook output, host)`,
      );
      assert.match(report.change ?? '', /nft delete rule ip6 other out handle \d+/);
    }
    assert.is((await why('host', 'db:7777')).reachable, true, 'the rule is not for IPv4');
  } finally {
    sh('nft', 'delete table ip6 other');
  }
});

s.test("another network's rules keep it apart, and are said to be its own", async () => {
  const report = await why('web', '[fd00:6::77]:7777');
  assert.match(report.sentence, 'network back lets nothing pass that was not asked for from it, published, or on it: ');
  assert.match(
    report.sentence,
    /in chain forward of the nf_tables table ip6 br-[0-9a-f]+ drops it \(hook forward, host\)/,
  );
  assert.match(report.change ?? '', 'drydock network connect back web');
});

s.test('no route: the networks of the container have no IPv6, or the host knows none', async () => {
  const report = await why('old', '[fd00:5::77]:7777');
  assert.match(report.sentence, 'old has no route to fd00:5::77, because none of its networks (four) has IPv6');
  assert.match(report.change ?? '', 'drydock network create --ipv6 mine, then drydock network connect mine old');
  const four = await why('only', '10.5.0.1:80');
  assert.match(four.sentence, 'only has no route to 10.5.0.1, because none of its networks (six) has IPv4');
});

s.test('an address that no machine has', async () => {
  const report = await why('web', '[fd00:5::99]:80');
  assert.match(report.sentence, 'no machine and no container answers for the address fd00:5::99 (NDP)');
});

s.test('a name without an IPv6 address, for a container and for the host', async () => {
  await docker('network', 'connect', 'four', 'web');
  try {
    for (const from of ['web', 'host']) {
      const report = await why('-6', from, 'old:7777');
      assert.match(report.sentence, 'container old has no IPv6 address: none of its networks (four) has IPv6');
    }
    assert.match(evidence(await why('-6', 'web', 'old:7777'), 'name'), /: AAAA\? old → NOERROR$/m);
    assert.is((await why('web', 'old:7777')).reachable, true, 'without -6 it is reached by IPv4');
  } finally {
    await docker('network', 'disconnect', 'four', 'web');
  }
  const none = await why('-6', 'web', 'nowhere.test:80');
  assert.match(none.sentence, /knows an IPv6 address of the name nowhere\.test, and no container has it/);
});

s.test('a container that has IPv6 only asks for that first', async () => {
  assert.is((await why('only', 'new:7777')).reachable, true);
  const both = await why('only', 'both:7777');
  assert.match(evidence(both, 'name'), '/etc/hosts of only: fd00:8::77 both');
  assert.is(both.reachable, true);
  assert.is((await why('host', 'new:7777')).sentence, 'host reaches new:7777');
});

s.test(
  'a published port: by a rule to the container, by the proxy from the loopback and to one without IPv6',
  async () => {
    for (const protocol of ['tcp', 'udp']) {
      const ruled = await why('web', `[fd00:6::1]:18080/${protocol}`);
      assert.is(ruled.reachable, true, JSON.stringify(ruled, null, 1));
      const loopback = await why('host', `[::1]:18080/${protocol}`);
      assert.is(loopback.reachable, true, JSON.stringify(loopback, null, 1));
      assert.ok(kinds(loopback).includes('proxy host'));
    }
    const four = await why('-6', 'host', '18090');
    assert.is(four.sentence, 'host reaches port 18090', JSON.stringify(four, null, 1));
    assert.ok(kinds(four).includes('proxy host'));
  },
);

s.test('a published port is reached from another machine, and a rule that drops it is named', async () => {
  for (const words of [
    ['-6', 'outside', '18080'],
    ['outside', '[2001:db8::1]:18080'],
    ['-6', 'outside', 'db:7777'],
  ]) {
    const report = await why(...words);
    assert.is(report.reachable, true, JSON.stringify(report, null, 1));
    assert.match(
      report.hops.find(({ kind }) => kind === 'translation')?.title ?? '',
      /^the destination \[2001:db8::1\]:18080 is rewritten to \[fd00:5::77\]:7777$/,
    );
    assert.match(evidence(report, 'rules'), /prerouting: ip6 .* dport 18080 dnat to \[fd00:5::77\]:7777/);
    assert.ok(kinds(report).includes('arrival db'));
  }
  assert.match((await why('outside', '[2001:db8::1]:18099')).sentence, 'nothing listens on port 18099 in host');
  sh('nft', 'add table ip6 other; add chain ip6 other pass { type filter hook forward priority 10; }');
  sh('nft', 'add rule ip6 other pass tcp dport 7777 drop');
  try {
    const dropped = await why('-6', 'outside', '18080');
    assert.match(dropped.sentence, 'the rule `tcp dport 7777 drop` in chain pass of the nf_tables table ip6 other');
  } finally {
    sh('nft', 'delete table ip6 other');
  }
});

s.test('an IPv4 address in IPv6 form is one of IPv4, and what cannot be asked is exit code 2', async () => {
  const four = await docker('inspect', '-f', '{{.NetworkSettings.Networks.front.IPAddress}}', 'db');
  assert.is((await why('web', `[::ffff:${four}]:7777`)).sentence, `web reaches ${four}:7777`);
  for (const [words, say] of [
    [['web', '[fe80::1]:80'], 'is an address of one link only'],
    [['web', '[fe80::1%eth0]:80'], 'is an address of one link only'],
    [['-6', 'web', '10.5.0.1:80'], 'is an IPv4 address, and IPv6 was asked for'],
    [['web', '[fd00::z]:80'], 'is neither a URL nor NAME:PORT nor ADDRESS:PORT'],
  ] as const) {
    const { code, err } = await d().cli('why', ...words);
    assert.is(code, 2, err);
    assert.match(err, say);
  }
});

s.test('nothing of all that is left, nor when the daemon is killed while it follows a packet', () =>
  killedWhileFollowing(d(), before, '[fd00:5::98]:80', 'ip6'),
);

s.test.run();
