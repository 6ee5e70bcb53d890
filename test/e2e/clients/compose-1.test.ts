/** docker-compose 1.29, as Debian 12 has it: it connects networks one by one, by version 1.38 of the API and less. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { pythonClients } from '../compose-client.ts';
import { atRest, sameAs } from '../leftovers.ts';
import { run } from '../ran.ts';
import { site } from '../site.ts';
import { until } from '../../until.ts';

const s = await site('a project of docker-compose 1.29', { also: ['python3'] });
const d = () => s.daemon;
const python = await pythonClients();

const PROJECT = `
version: "2.4"
services:
  db:
    image: ubuntu
    command: [sleep, "1000"]
    networks:
      back: { aliases: [database], ipv4_address: 10.78.0.9 }
  web:
    image: ubuntu
    command: [sh, -c, "getent hosts database; getent hosts db; exec sleep 1000"]
    depends_on: [db]
    networks:
      front: { aliases: [www] }
      back: {}
    ports: ["127.0.0.1::80", "127.0.0.1::53/udp"]
  alone:
    image: ubuntu
    command: [sleep, "1000"]
    networks: [front]
networks:
  front: {}
  back:
    ipam: { config: [{ subnet: 10.78.0.0/24, gateway: 10.78.0.254 }] }
`;

async function compose(...args: string[]): Promise<string> {
  const file = join(d().root, 'project/docker-compose.yml');
  const all = [python.compose, '--no-ansi', '-p', 'old', '-f', file, ...args];
  const { code, out, err } = await run('python3', all, { env: { ...d().env, ...python.env } });
  if (code !== 0) throw new Error(`docker-compose ${args.join(' ')}: code ${code}\n${err}${out}`);
  return out.trimEnd();
}
const resolved = async (service: string, name: string) =>
  (await d().dockerOk('exec', `old_${service}_1`, 'sh', '-c', `getent hosts ${name} || echo none`)).split(/\s/)[0];
const address = (container: string, network: string) =>
  d().dockerOk('inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container);

let before: Record<string, string[]>;
s.test.before(async () => {
  mkdirSync(join(d().root, 'project'));
  writeFileSync(join(d().root, 'project/docker-compose.yml'), PROJECT);
  before = await atRest(d());
});

s.test('up makes both networks and starts the services in order', async () => {
  await compose('up', '-d');
  const listed = await compose('ps');
  for (const service of ['alone', 'db', 'web']) assert.match(listed, new RegExp(`old_${service}_1 .* Up `));
  assert.match(listed, /127\.0\.0\.1:\d+->53\/udp, ?127\.0\.0\.1:\d+->80\/tcp/);
  assert.is(await address('old_db_1', 'old_back'), '10.78.0.9');
  const started = await d().dockerOk('inspect', '-f', '{{.State.StartedAt}}', 'old_db_1', 'old_web_1');
  assert.equal(started.split('\n'), started.split('\n').sort());
});

s.test('names and aliases lead to services on the same network only', async () => {
  const logs = () => compose('logs', '--no-color', 'web');
  await until('both names are logged', async () => (await logs()).includes(' db'));
  assert.match((await logs()).replace(/ +/g, ' '), /web_1 \| 10\.78\.0\.9 database\nweb_1 \| 10\.78\.0\.9 db$/);
  assert.is(await resolved('alone', 'www'), await address('old_web_1', 'old_front'));
  assert.is(await resolved('db', 'web'), await address('old_web_1', 'old_back'));
  assert.is(await resolved('alone', 'db'), 'none');
});

s.test('up once more changes nothing, and exec, port and restart find the containers', async () => {
  const ids = await d().dockerOk('ps', '-q', '--no-trunc');
  await compose('up', '-d');
  assert.is(await d().dockerOk('ps', '-q', '--no-trunc'), ids);
  assert.match(await compose('exec', '-T', 'web', 'getent', 'hosts', 'database'), /^10\.78\.0\.9 /);
  assert.match(await compose('port', 'web', '80'), /^127\.0\.0\.1:\d+$/);
  await compose('restart', '-t', '0', 'db');
  assert.is(await resolved('web', 'database'), '10.78.0.9');
});

s.test('down removes all of it', async () => {
  await compose('down', '-t', '0');
  assert.is(await d().dockerOk('network', 'ls', '-q', '--filter', 'label=com.docker.compose.project=old'), '');
  const { descriptors: _, ...rest } = before;
  await sameAs(rest, d());
});

s.test.run();
