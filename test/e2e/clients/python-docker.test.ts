/** docker-py 5, as Debian 12 has it: networks, names, ports, exec, statistics and events of containers. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../../runtime/syscalls/native.ts';
import { pythonClients } from '../compose-client.ts';
import { atRest, sameAs } from '../leftovers.ts';
import { run } from '../ran.ts';
import { site } from '../site.ts';

const s = await site('a program with docker-py', { also: ['python3'] });
const program = join(packageRoot, 'test/e2e/clients/python-docker.py');
const python = await pythonClients();

/** What the program found, by name. `version` is that of the API. */
async function facts(version: string): Promise<Record<string, unknown>> {
  const { code, out, err } = await run('python3', [program, version], { env: { ...s.daemon.env, ...python.env } });
  if (code !== 0) throw new Error(`python3: code ${code}\n${err}${out}`);
  const lines = out.trim().split('\n');
  return Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, unknown]));
}

for (const version of ['auto', '1.35'])
  s.test(`it makes networks and containers, connects, asks and removes them, by API ${version}`, async () => {
    const before = await atRest(s.daemon);
    assert.equal(await facts(version), {
      log: 'up\n',
      address: '10.71.0.9',
      reached: ['here', 'here', 'here'],
      published: 'here\n',
      connected: ['py', 'py2'],
      disconnected: ['py2'],
      unreachable: '',
      'connected again': 'here',
      members: ['py-user', 'py-web'],
      exec: [3, 'out\n', 'err\n'],
      received: true,
      events: [
        'connect py',
        'connect py2',
        'create py',
        'create py2',
        'destroy py',
        'destroy py2',
        'disconnect py',
        'disconnect py2',
      ],
      gone: 'network py not found',
    });
    const { descriptors: _, ...rest } = before;
    await sameAs(rest, s.daemon);
  });

s.test.run();
