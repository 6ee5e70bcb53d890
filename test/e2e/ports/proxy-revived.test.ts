/** Port proxies that are killed: they come again on the same ports, at once or with the next daemon. */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../../until.ts';
import { site } from '../site.ts';
import { ask, inNetworkOf, serve } from './servers.ts';

const s = await site('port proxies that are killed', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const cmdline = (pid: string) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};
const proxies = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && cmdline(name).startsWith('drydock-port-proxy\0'))
    .map(Number);
/** One proxy, another one than before. */
const another = (before: number | undefined) =>
  until('another proxy runs', () => {
    const [pid, ...more] = proxies();
    return pid !== undefined && pid !== before && !more.length ? pid : undefined;
  });
const reached = () =>
  until('the port is reached', async () => (await ask([], '127.0.0.1', 18080)).startsWith('you are'));

let server: ChildProcess;
s.test.before(async () => {
  await docker('run', '-d', '--name', 'web', '-p', '18080:7777', '-p', '18081:7777/udp', 'tiny', 'sleep', '1000');
  server = await serve(inNetworkOf(Number(await docker('inspect', '-f', '{{.State.Pid}}', 'web'))), 7777);
});
s.test.after(() => void server.kill());

s.test('one that is killed comes again at once, with the same ports', async () => {
  const ports = await docker('port', 'web');
  const [first] = proxies();
  process.kill(first!, 'SIGKILL');
  await another(first);
  await reached();
  assert.is(await docker('port', 'web'), ports);
});

s.test('one that is killed while no daemon runs comes again with the next daemon', async () => {
  const [first] = proxies();
  await d().kill9();
  process.kill(first!, 'SIGKILL');
  await until('it has ended', () => !proxies().length);
  await d().start();
  const second = await another(first);
  await reached();
  assert.equal(proxies(), [second], 'one proxy');
});

s.test('when a program has taken its port, the container goes on, and its journal says who has it', async () => {
  const [first] = proxies();
  await d().kill9();
  process.kill(first!, 'SIGKILL');
  await until('it has ended', () => !proxies().length);
  const squatter = createServer().listen(18080, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  await d().start();
  await until('the journal says it', async () =>
    /published ports are not reached from this host, because .*18080/.test(await d().ok('trace', 'web')),
  );
  assert.equal(proxies(), []);
  assert.is(await docker('inspect', '-f', '{{.State.Status}}', 'web'), 'running');
  await new Promise((resolve) => squatter.close(resolve));
  await docker('rm', '-f', 'web');
});

s.test.run();
