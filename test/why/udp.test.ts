/** `drydock why` with datagrams: a program that answers, one that is silent, a refusal, a rule that drops. */
import * as assert from 'uvu/assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { sh } from '../harness.ts';
import type { Report } from '../../runtime/network/why/report.ts';
import { atRest, sameAs } from '../e2e/leftovers.ts';
import { inNetworkOf, serve } from '../e2e/ports/servers.ts';
import { site } from '../e2e/site.ts';

const s = await site('why a datagram arrives', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const start = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'tiny', 'sleep', '1000');

async function why(from: string, to: string): Promise<Report> {
  const { code, out, err } = await d().cli('why', '--json', from, to);
  assert.ok(code === 0 || code === 1, `${code}: ${err}`);
  const report = JSON.parse(out) as Report;
  assert.is(code, report.reachable ? 0 : 1);
  return report;
}
const evidence = ({ hops }: Report, kind: string) =>
  hops.flatMap((hop) => (hop.kind === kind ? hop.evidence : [])).join('\n');

/** Takes datagrams and answers none. */
const SILENT = "require('dgram').createSocket('udp4').bind(5353, '0.0.0.0', () => console.log('up'))";
const programs: ChildProcess[] = [];
let before: Record<string, string[]>;
s.test.before(async () => {
  await docker('network', 'create', '--subnet', '10.5.0.0/24', 'front');
  await start('web', '--network', 'front');
  await start('dns', '--network', 'front', '-p', '18053:7777/udp');
  const where = inNetworkOf(Number(await docker('inspect', '-f', '{{.State.Pid}}', 'dns')));
  programs.push(await serve(where, 7777));
  const silent = spawn(where[0]!, [...where.slice(1), process.execPath, '-e', SILENT], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  programs.push(silent);
  await new Promise((resolve) => silent.stdout.once('data', resolve));
  before = await atRest(d());
});
s.test.after(() => {
  for (const program of programs) program.kill();
});

s.test('a program that answers is reached, and the datagram is followed to its socket', async () => {
  for (const to of ['udp://dns:7777', 'dns:7777/udp']) {
    const report = await why('web', to);
    assert.is(report.sentence, 'web reaches dns:7777/udp', JSON.stringify(report, null, 1));
    assert.match(evidence(report, 'listener'), /^0\.0\.0\.0:7777 UNCONN .*\(pid \d+\)/);
    assert.match(evidence(report, 'answer'), /^sendto\(10\.5\.0\.\d+:7777\) = accepted/);
    for (const kind of ['arrival', 'way-back'])
      assert.ok(
        report.hops.some((hop) => hop.kind === kind),
        `${kind} is missing: ${JSON.stringify(report.hops)}`,
      );
  }
});

s.test('a program that takes the datagram and is silent is reached, too', async () => {
  const report = await why('web', 'udp://dns:5353');
  assert.is(report.reachable, true, report.sentence);
  assert.match(report.hops.at(-1)!.title, 'no answer comes, which is usual');
});

s.test('a port of TCP alone is none of UDP, and the kernel refuses', async () => {
  const report = await why('web', 'udp://dns:9');
  assert.is(report.reachable, false);
  assert.match(report.sentence, 'nothing listens on port 9 in dns');
  assert.match(evidence(report, 'answer'), '= ECONNREFUSED');
});

s.test('a rule of another table that drops is named', async () => {
  sh('nft', 'add table ip other; add chain ip other f { type filter hook prerouting priority -10; }');
  sh('nft', 'add rule ip other f udp dport 7777 counter drop');
  try {
    const published = await why('host', 'udp://10.5.0.1:18053');
    assert.is(published.reachable, true, 'what the host sends does not come in by a link');
    sh('nft', 'add chain ip other o { type filter hook output priority 10; }');
    sh('nft', 'add rule ip other o udp dport 7777 counter drop');
    const report = await why('host', 'udp://10.5.0.1:18053');
    assert.is(report.reachable, false);
    assert.match(report.sentence, /`.*udp dport 7777.*drop` in chain o of the nf_tables table ip other drops it/);
  } finally {
    sh('nft', 'delete table ip other');
  }
});

s.test('from outside UDP is refused by name, and nothing of all that is left', async () => {
  const { code, err } = await d().cli('why', 'outside', 'udp://dns:7777');
  assert.is(code, 2);
  assert.match(err, 'from outside only packets of TCP are followed');
  await sameAs(before, d());
});

s.test.run();
