/** --log-driver none with both clients; the expected answers were recorded from dockerd 26.1.5. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { site } from './site.ts';

const s = await site('log drivers');
const d = () => s.daemon;

for (const client of ['docker', 'drydock'] as const) {
  s.test(`${client}: with none the output is seen by those who are attached, and kept nowhere`, async () => {
    const name = `quiet-${client}`;
    const script = 'read line; echo "out $line"; echo err >&2; exit 3';
    const args = ['run', '-i', '--name', name, '--log-driver', 'none', 'ubuntu', 'sh', '-c', script];
    const running = d().begin(client, ...args);
    running.input.end('here\n');
    const { code, out, err } = await running.done;
    assert.equal([code, out, err], [3, 'out here\n', 'err\n']);
    const { Id, LogPath, HostConfig } = await d().json<{ Id: string; LogPath: string; HostConfig: object }>(
      `/containers/${name}/json`,
    );
    assert.equal([LogPath, (HostConfig as { LogConfig: object }).LogConfig], ['', { Type: 'none', Config: {} }]);
    assert.equal(
      readdirSync(join(d().root, 'containers', Id)).filter((file) => file.startsWith('output.log')),
      [],
    );
    const logs = await d().begin(client, 'logs', name).done;
    assert.is(logs.code, 1);
    assert.match(logs.err, 'configured logging driver does not support reading');
    assert.is((await d().api('GET', `/containers/${name}/logs?stdout=1`)).status, 501);
    await d().ok('rm', name);
  });
}

s.test('with none an attach that asks for the log gets what comes from now on', async () => {
  await d().ok(
    'run',
    '-d',
    '-i',
    '--name',
    'later',
    '--log-driver',
    'none',
    'ubuntu',
    'sh',
    '-c',
    'echo past; read line; echo $line',
  );
  const attached = d().begin('docker', 'attach', 'later');
  attached.input.end('now\n');
  assert.match((await attached.done).out, /now\n$/);
  const { status } = await d().api('POST', '/containers/later/attach?logs=1&stdout=1');
  assert.is(status, 200);
  await d().ok('rm', '-f', 'later');
});

s.test('a driver that is not there is refused at create, and info lists those that are', async () => {
  const { code, err } = await d().docker('create', '--log-driver', 'nosuch', 'ubuntu', 'true');
  assert.is(code, 1);
  assert.match(err, 'error looking up logging plugin nosuch: plugin "nosuch" not found');
  const { Plugins, LoggingDriver } = await d().json<{ Plugins: { Log: string[] }; LoggingDriver: string }>('/info');
  assert.equal([Plugins.Log, LoggingDriver], [['json-file', 'local', 'syslog'], 'json-file']);
});

s.test.run();
