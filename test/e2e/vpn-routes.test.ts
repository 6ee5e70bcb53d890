import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { site } from './site.ts';

const s = await site('a host whose VPN takes all traffic by halves', { images: ['tiny'] });

s.test('the bridge gets a subnet beside 0.0.0.0/1 and 128.0.0.0/1, and a container its address in it', async () => {
  sh('ip', 'link', 'add', 'vpn0', 'type', 'bridge');
  sh('ip', 'address', 'add', '10.8.0.2/24', 'dev', 'vpn0');
  sh('ip', 'link', 'set', 'vpn0', 'up');
  for (const half of ['0.0.0.0/1', '128.0.0.0/1']) sh('ip', 'route', 'add', half, 'dev', 'vpn0');
  const out = await s.daemon.ok('run', '--rm', 'tiny', '/bin/busybox', 'ip', '-4', 'address', 'show', 'eth0');
  assert.match(out, /inet 172\.30\.0\.2\/16/);
  sh('ip', 'link', 'delete', 'vpn0');
});

s.test.run();
