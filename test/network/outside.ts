/** A machine on the other side of the host, with a web server and without a route to the containers' subnet. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readlinkSync, writeFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import {} from './namespace.ts';
import { until } from '../until.ts';

/** `root`: an empty directory that is served. */
export async function makeOutside(root: string): Promise<ChildProcess> {
  writeFileSync(`${root}/index.html`, 'served outside');
  const outside = spawn('unshare', ['-n', 'busybox', 'httpd', '-f', '-p', '8080', '-h', root], { stdio: 'ignore' });
  await until(
    'the outside has a namespace',
    () =>
      existsSync(`/proc/${outside.pid}/ns/net`) &&
      readlinkSync(`/proc/${outside.pid}/ns/net`) !== readlinkSync('/proc/self/ns/net'),
  );
  sh(
    'ip',
    'link',
    'add',
    'uplink',
    'mtu',
    '1400',
    'type',
    'veth',
    'peer',
    'name',
    'uplink',
    'netns',
    String(outside.pid),
  );
  for (const command of ['addr add 192.0.2.1/24 dev uplink', 'link set uplink up', 'link set lo up'])
    sh('ip', ...command.split(' '));
  for (const command of ['addr add 192.0.2.9/24 dev uplink', 'link set uplink up', 'link set lo up'])
    sh('nsenter', '-n', '-t', String(outside.pid), 'ip', ...command.split(' '));
  sh('ip', 'route', 'add', 'default', 'via', '192.0.2.9');
  return outside;
}
