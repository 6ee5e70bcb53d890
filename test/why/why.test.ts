/** `drydock why` with real containers: each classic cause, and that nothing is left behind. */
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import type { Report } from '../../runtime/network/why/report.ts';
import { atRest } from '../e2e/leftovers.ts';
import { site } from '../e2e/site.ts';
import { killedWhileFollowing } from './killed.ts';

const s = await site('why one reaches another', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const HTTPD = (address: string) => ['tiny', '/bin/busybox', 'httpd', '-f', '-p', address];
const SLEEP = ['tiny', 'sleep', '1000'];
const addressOn = (name: string, network: string) =>
  docker('inspect', '-f', `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}{{end}}`, name);

/** The report, after the text for people has been compared with it. */
async function why(from: string, to: string): Promise<Report> {
  const { code, out, err } = await d().cli('why', '--json', from, to);
  assert.ok(code === 0 || code === 1, `${code}: ${err}`);
  const report = JSON.parse(out) as Report;
  assert.is(code, report.reachable ? 0 : 1);
  return report;
}
const kinds = ({ hops }: Report) => hops.map(({ kind, where }) => `${kind} ${where}`);
const evidence = ({ hops }: Report, kind: string) =>
  hops.filter((hop) => hop.kind === kind).flatMap((hop) => hop.evidence);

let before: Record<string, string[]>;
s.test.before(async () => {
  await docker('network', 'create', '--subnet', '10.5.0.0/24', 'front');
  await docker('network', 'create', '--subnet', '10.6.0.0/24', 'back');
  await docker('network', 'create', '--subnet', '10.9.0.0/24', '--internal', 'inner');
  await docker('run', '-d', '--name', 'web', '--network', 'front', ...SLEEP);
  await docker('run', '-d', '--name', 'db', '--network', 'front', ...HTTPD('0.0.0.0:80'));
  await docker('run', '-d', '--name', 'shy', '--network', 'front', ...HTTPD('127.0.0.1:80'));
  await docker('run', '-d', '--name', 'far', '--network', 'back', ...HTTPD('0.0.0.0:80'));
  await docker('run', '-d', '--name', 'in', '--network', 'inner', ...SLEEP);
  await docker('run', '-d', '--name', 'plain', ...SLEEP);
  await docker('run', '-d', '--name', 'public', '-p', '18080:80', ...HTTPD('0.0.0.0:80'));
  await docker('run', '-d', '--name', 'public-shy', '-p', '18081:80', ...HTTPD('127.0.0.1:80'));
  before = await atRest(d());
});

s.test('a server on the same network is reached, and each hop has its evidence', async () => {
  const report = await why('web', 'http://db/');
  assert.is(report.sentence, 'web reaches db:80', JSON.stringify(report, null, 1));
  assert.match(evidence(report, 'name').join('\n'), /127\.0\.0\.11 .*: A\? db → NOERROR 10\.5\.0\./);
  assert.match(evidence(report, 'route').join('\n'), /^10\.5\.0\.\d+ dev eth0 src 10\.5\.0\.\d+$/);
  assert.match(evidence(report, 'neighbour').join('\n'), /^10\.5\.0\.\d+ dev eth0 lladdr ..:/);
  assert.match(evidence(report, 'listener').join('\n'), /^0\.0\.0\.0:80 LISTEN busybox \(pid \d+\)|^\[::\]:80 LISTEN/);
  for (const hop of ['bridge host', 'arrival db', 'listener db', 'way-back web', 'answer web'])
    assert.ok(kinds(report).includes(hop), `${hop} is not in ${kinds(report).join(', ')}`);
});

s.test('the text has every hop and ends with the sentence', async () => {
  const { out, code } = await d().cli('why', 'web', 'http://db/');
  assert.is(code, 0);
  assert.match(out, /^✓ web {2}db is 10\.5\.0\./);
  assert.match(out, /web reaches db:80\n$/);
});

s.test('a listener on the loopback only', async () => {
  const report = await why('web', 'shy:80');
  assert.match(report.sentence, /^web does not reach shy:80: \S+ in shy listens on 127\.0\.0\.1:80 only/);
  assert.match(report.change ?? '', /listen on 0\.0\.0\.0:80/);
  assert.equal(
    report.hops.filter(({ stops }) => stops).map(({ kind, where }) => `${kind} ${where}`),
    ['listener shy'],
  );
});

s.test('the own loopback of a container, which the host has one of too', async () => {
  const report = await why('shy', '127.0.0.1:80');
  assert.is(report.sentence, 'shy reaches 127.0.0.1:80', JSON.stringify(report, null, 1));
  assert.not.ok(kinds(report).includes('rules host'), kinds(report).join(', '));
});

s.test('nothing listens on the port', async () => {
  const report = await why('web', 'db:81');
  assert.match(report.sentence, /nothing listens on port 81 in db; these listen: (0\.0\.0\.0|\[::\]):80$/);
});

s.test('a container on another network', async () => {
  const report = await why('web', 'far:80');
  assert.match(report.sentence, 'web is on front, far is on back');
  assert.is(report.change, 'drydock network connect back web');
  assert.match(evidence(report, 'name').join('\n'), /127\.0\.0\.11 .*A\? far → /);
});

s.test('the address of a container on another network', async () => {
  const report = await why('web', `${await addressOn('far', 'back')}:80`);
  assert.match(
    report.sentence,
    /in chain forward of the nf_tables table ip br-[0-9a-f]+ drops it \(hook forward, host\)/,
  );
});

s.test('a name on the default bridge', async () => {
  const report = await why('plain', 'public:80');
  assert.match(report.sentence, 'plain and public are on the default network bridge, and that one has no names');
  assert.match(report.change ?? '', /^a network of your own/);
});

const dropping = (chain: string, hook: string) =>
  sh('nft', `table inet other { chain ${chain} { type filter hook ${hook} priority 10; tcp dport 80 drop; }; }`);

s.test('a rule of another table that drops', async () => {
  dropping('leaving', 'output');
  try {
    const report = await why('host', 'db:80');
    assert.match(
      report.sentence,
      'the rule `tcp dport 80 drop` in chain leaving of the nf_tables table inet other drops it (hook output, host)',
    );
    assert.match(report.change ?? '', /nft delete rule inet other leaving handle \d+/);
  } finally {
    sh('nft', 'delete table inet other');
  }
});

s.test('the host reaches a container by its name', async () => {
  const report = await why('host', 'db:80');
  assert.is(report.sentence, 'host reaches db:80');
});

s.test('a published port is reached from the host by the proxy, and at its other addresses by a rule', async () => {
  const report = await why('host', '18080');
  assert.is(report.sentence, 'host reaches port 18080', JSON.stringify(report, null, 1));
  assert.ok(kinds(report).includes('proxy host'));
  const shy = await why('host', '18081');
  assert.match(shy.sentence, /in public-shy listens on 127\.0\.0\.1:80 only/);
  const gateway = await docker('inspect', '-f', '{{.NetworkSettings.Gateway}}', 'public');
  const ruled = await why('web', `${gateway}:18080`);
  assert.is(ruled.sentence, `web reaches ${gateway}:18080`, JSON.stringify(ruled, null, 1));
  assert.match(
    ruled.hops.find(({ kind }) => kind === 'translation')?.title ?? '',
    /is rewritten to 172\.\d+\.\d+\.\d+:80/,
  );
});

s.test('a published port is reached from another machine, and what is not published is not', async () => {
  const report = await why('outside', '18080');
  assert.is(report.sentence, 'outside reaches port 18080', JSON.stringify(report, null, 1));
  assert.match(report.hops.find(({ kind }) => kind === 'translation')?.title ?? '', /is rewritten to 172\.\S+:80$/);
  assert.match(evidence(report, 'rules').join('\n'), /prerouting: .* dport 18080 dnat to 172\.\S+:80/);
  assert.ok(kinds(report).includes('arrival public'));
  assert.is((await why('outside', 'public:80')).sentence, 'outside reaches public:80');
  assert.match((await why('outside', '18081')).sentence, /in public-shy listens on 127\.0\.0\.1:80 only/);
  assert.match((await why('outside', 'db:80')).sentence, 'port 80 of container db is not published');
  assert.match((await why('outside', '18082')).sentence, 'nothing listens on port 18082 in host');
  dropping('passing', 'forward');
  try {
    const dropped = await why('outside', '18080');
    assert.match(dropped.sentence, 'the rule `tcp dport 80 drop` in chain passing of the nf_tables table inet other');
  } finally {
    sh('nft', 'delete table inet other');
  }
});

s.test('an internal network has no way out', async () => {
  const report = await why('in', '1.1.1.1:443');
  assert.match(report.sentence, 'in has no route to 1.1.1.1, because its network inner is internal');
});

s.test('a container that does not run, as the one that asks and as the one that is asked for', async () => {
  await docker('create', '--name', 'off', '--network', 'front', ...SLEEP);
  assert.match((await why('off', 'db:80')).sentence, 'container off is not running (created)');
  for (const from of ['web', 'host']) {
    const report = await why(from, 'off:80');
    assert.match(report.sentence, 'container off is not running (created)');
    assert.is(report.change, 'drydock start off');
  }
  await docker('rm', 'off');
});

s.test('a name that leads to an address that a container had before', async () => {
  await docker('run', '-d', '--name', 'old', '--network', 'front', '--add-host', 'store:10.5.0.99', ...SLEEP);
  const report = await why('old', 'store:80');
  assert.match(report.sentence, 'no machine and no container answers for the address 10.5.0.99 (ARP)');
  assert.match(report.sentence, 'store leads to 10.5.0.99 by /etc/hosts, and no running container has that address');
  await docker('rm', '-f', 'old');
});

s.test('what cannot be asked is exit code 2', async () => {
  for (const args of [['web'], ['web', 'db'], ['nobody', 'db:80'], ['web', 'db:70000'], ['web', '8080']]) {
    const { code, err } = await d().cli('why', ...args);
    assert.is(code, 2, `${args.join(' ')}: ${err}`);
  }
});

s.test('nothing of all that is left, nor when the daemon is killed while it follows a packet', () =>
  killedWhileFollowing(d(), before, '10.5.0.98:80', 'ip'),
);

s.test.run();
