/**
 * Containers beside other firewalls of the host: their packets pass, and the rules of the machine's owner are obeyed.
 */
import * as assert from 'uvu/assert';
import { execFileSync, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { sh } from '../../harness.ts';
import { site } from '../site.ts';
import { ask, inNetworkOf, outsideOf, serve, type Outside } from './servers.ts';

const s = await site('beside other firewalls', { images: ['tiny'], also: ['iptables', 'nft'] });
const d = () => s.daemon;
const iptables = (...words: string[]) => sh('iptables', ...words.flatMap((word) => word.split(' ')));
const nft = (rules: string) => execFileSync('nft', ['-f', '-'], { input: rules });
const ruleset = () => sh('nft', 'list', 'ruleset').replace(/packets \d+ bytes \d+/g, '');
const pidOf = async (name: string) => Number((await d().docker('inspect', '-f', '{{.State.Pid}}', name)).out);

let outside: Outside;
let server: ChildProcess | undefined;
let beyond: ChildProcess;
s.test.before(async () => {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '0\n');
  outside = await outsideOf();
  beyond = await serve(outside.where, 7000);
});
s.test.after(() => {
  server?.kill();
  beyond.kill();
  outside.end();
});

/** Starts the container anew, so that it meets the rules as they are now. */
async function restarted(...flags: string[]): Promise<void> {
  server?.kill();
  await d().docker('rm', '-f', 'web');
  const { code, err } = await d().docker(
    'run',
    '-d',
    '--name',
    'web',
    '-p',
    '18080:7777',
    ...flags,
    'tiny',
    'sleep',
    '1000',
  );
  assert.is(code, 0, err);
  server = await serve(inNetworkOf(await pidOf('web')), 7777);
}
/** Whether it reaches another machine, and whether that reaches its published port. */
async function reached(): Promise<string> {
  const out = await ask(inNetworkOf(await pidOf('web')), '192.0.2.2', 7000);
  const inward = await ask(outside.where, '192.0.2.1', 18080);
  return `${out === 'you are 192.0.2.1' ? 'out' : out || '-'} ${inward === 'you are 192.0.2.2' ? 'in' : inward || '-'}`;
}
const clear = () => sh('nft', 'flush', 'ruleset');
const notes = async () => (await d().ok('trace', 'web')).split('\n').filter((line) => line.includes('warning:'));

s.test('with the policy DROP of iptables', async () => {
  iptables('-P FORWARD DROP');
  await restarted();
  assert.is(await reached(), 'out in');
  assert.match(
    iptables('-S FORWARD'),
    new RegExp(`-P FORWARD DROP\\n-A FORWARD .*-j DRYDOCK-USER\\n-A FORWARD .*-j DRYDOCK-${d().bridge}\\n$`),
  );
  assert.equal(await notes(), []);
});

s.test('rules in DRYDOCK-USER are obeyed, and are there after the next start', async () => {
  iptables('-A DRYDOCK-USER -s 192.0.2.2 -p tcp -m conntrack --ctorigdstport 18080 -j REJECT');
  assert.is(await reached(), 'out ECONNREFUSED');
  await restarted();
  assert.is(await reached(), 'out ECONNREFUSED');
  iptables('-F DRYDOCK-USER');
  assert.is(await reached(), 'out in');
});

s.test('a daemon that ends without containers leaves what was there before, and no rule of its own', async () => {
  server?.kill();
  await d().docker('rm', '-f', 'web');
  await d().stop();
  assert.is(iptables('-S FORWARD'), '-P FORWARD DROP\n');
  assert.not.match(ruleset(), /drydock|DRYDOCK/i);
  clear();
  await d().start();
  await restarted();
  server?.kill();
  await d().docker('rm', '-f', 'web');
  await d().stop();
  assert.is(ruleset(), '');
  await d().start();
});

s.test(
  'what a rule of iptables drops stays dropped, and the last rule that rejects the rest does not count',
  async () => {
    iptables('-A FORWARD -p icmp -j ACCEPT');
    iptables('-A FORWARD -j REJECT --reject-with icmp-host-prohibited');
    await restarted();
    assert.is(await reached(), 'out in');
    iptables('-I FORWARD -d 192.0.2.2 -p tcp --dport 7000 -m conntrack --ctstate NEW -j REJECT');
    assert.is(await reached(), 'ECONNREFUSED in');
    clear();
  },
);

s.test('with the chains of ufw that rejects what is routed', async () => {
  iptables('-P FORWARD DROP');
  for (const chain of ['ufw-before-forward', 'ufw-user-forward', 'ufw-reject-forward']) iptables(`-N ${chain}`);
  iptables('-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
  iptables('-A ufw-before-forward -j ufw-user-forward');
  iptables('-A ufw-reject-forward -j REJECT');
  iptables('-A FORWARD -j ufw-before-forward');
  iptables('-A FORWARD -j ufw-reject-forward');
  await restarted();
  assert.is(await reached(), 'out in');
  iptables('-A ufw-user-forward -p tcp --dport 7777 -j DROP');
  assert.is(await reached(), 'out -');
  clear();
});

s.test("packets pass beside dockerd's rules", async () => {
  iptables('-P FORWARD DROP');
  for (const chain of ['DOCKER', 'DOCKER-USER', 'DOCKER-ISOLATION-STAGE-1']) iptables(`-N ${chain}`);
  iptables('-A DOCKER-USER -j RETURN');
  iptables('-A DOCKER-ISOLATION-STAGE-1 -j RETURN');
  iptables('-A FORWARD -j DOCKER-USER');
  iptables('-A FORWARD -j DOCKER-ISOLATION-STAGE-1');
  iptables('-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
  iptables('-A FORWARD -o docker0 -j DOCKER');
  iptables('-A FORWARD -i docker0 ! -o docker0 -j ACCEPT');
  await restarted();
  assert.is(await reached(), 'out in');
  assert.match(iptables('-S FORWARD'), /-j DOCKER-USER\n-A FORWARD .*-j DRYDOCK-USER\n-A FORWARD -j DOCKER-ISOLATION/);
  iptables('-I DOCKER-USER -s 192.0.2.2 -p tcp --dport 7777 -j DROP');
  assert.is(await reached(), 'out -', 'DOCKER-USER is asked too');
  clear();
});

s.test('with the table of firewalld', async () => {
  nft(`table inet firewalld {
    chain filter_FORWARD_POLICIES { reject with icmpx admin-prohibited; }
    chain filter_FORWARD {
      type filter hook forward priority filter + 10; policy accept;
      ct state { established, related } accept
      ct state invalid drop
      jump filter_FORWARD_POLICIES
    }
  }`);
  await restarted();
  assert.is(await reached(), 'out in');
  assert.equal(await notes(), []);
  clear();
});

s.test('a chain that is not known is not changed: the start says which it is and what to do', async () => {
  nft('table inet guard {\n chain routed {\n type filter hook forward priority 5; policy drop;\n }\n}\n');
  await restarted();
  assert.is(await reached(), '- -');
  const [note = '', ...others] = await notes();
  assert.equal(others, []);
  assert.match(note, 'chain routed of the nf_tables table inet guard drops what none of its rules accepts');
  for (const key of ['iifname', 'oifname'])
    sh('nft', 'insert', 'rule', 'inet', 'guard', 'routed', key, d().bridge, 'accept');
  assert.is(await reached(), 'out in', 'what it said helps');
  clear();
});

s.test('with --firewall-accept=false the other firewalls decide', async () => {
  server?.kill();
  await d().docker('rm', '-f', 'web');
  await d().stop();
  await d().start('--firewall-accept', 'false');
  iptables('-P FORWARD DROP');
  await restarted();
  assert.is(await reached(), '- -');
  assert.match((await notes()).join(), 'chain FORWARD of the nf_tables table ip filter drops');
  iptables('-A FORWARD -p tcp --dport 7777 -j ACCEPT');
  iptables('-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
  assert.is(await reached(), '- in');
});

s.test.run();
