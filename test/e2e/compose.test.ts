/** A project of Docker Compose: networks, names, fixed addresses, health, ports and a volume. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { composeClient } from './compose-client.ts';
import { atRest, sameAs } from './leftovers.ts';
import { run } from './ran.ts';
import { site } from './site.ts';

const s = await site('a project of Docker Compose');
const d = () => s.daemon;
const program = await composeClient();

const PROJECT = `
name: shop
services:
  db:
    image: ubuntu
    command: [sleep, "1000"]
    networks:
      back: { aliases: [database], ipv4_address: 10.77.0.9 }
    volumes: ["data:/var/data"]
    healthcheck: { test: [CMD, test, -e, /var/data/ready], interval: 200ms, retries: 100 }
  fill:
    image: ubuntu
    command: [touch, /var/data/ready]
    network_mode: none
    volumes: ["data:/var/data"]
  web:
    image: ubuntu
    command: [sh, -c, "getent hosts database; getent hosts db; exec sleep 1000"]
    depends_on:
      db: { condition: service_healthy }
      fill: { condition: service_completed_successfully }
    networks: [front, back]
    ports: ["127.0.0.1::80", "127.0.0.1::53/udp"]
  alone:
    image: ubuntu
    command: [sleep, "1000"]
    networks: [front]
networks:
  front: {}
  back:
    internal: true
    ipam: { config: [{ subnet: 10.77.0.0/24 }] }
volumes:
  data: { labels: { of: shop } }
`;

async function compose(...args: string[]): Promise<string> {
  const path = join(d().root, 'project/compose.yaml');
  const { code, out, err } = await run(program, ['--ansi=never', '-f', path, ...args], { env: d().env });
  if (code !== 0) throw new Error(`docker-compose ${args.join(' ')}: code ${code}\n${err}${out}`);
  return out.trimEnd();
}
const ids = async () => (await d().dockerOk('ps', '-aq', '--no-trunc')).split('\n').sort();
const resolved = async (service: string, name: string) =>
  (await compose('exec', '-T', service, 'sh', '-c', `getent hosts ${name} || echo none`)).split(/\s/)[0];

let before: Record<string, string[]>;
s.test.before(async () => {
  mkdirSync(join(d().root, 'project'));
  writeFileSync(join(d().root, 'project/compose.yaml'), PROJECT);
  // so that what is made once for a daemon is there already
  await d().dockerOk('network', 'create', 'first');
  await d().dockerOk('run', '--rm', 'ubuntu', 'true');
  await d().dockerOk('run', '--rm', '--network', 'first', '-p', '80', 'ubuntu', 'true');
  await d().dockerOk('network', 'rm', 'first');
  before = await atRest(d());
});

s.test('up waits until one service is healthy and another has ended, and starts those that need them', async () => {
  await compose('up', '-d');
  assert.match(await compose('ps', 'db'), /shop-db-1 .*\(healthy\)/);
  assert.is(await d().dockerOk('inspect', '-f', '{{.State.ExitCode}}', 'shop-fill-1'), '0');
  assert.is(await d().dockerOk('inspect', '-f', '{{len .NetworkSettings.Networks}}', 'shop-web-1'), '2');
});

s.test('services find each other by name and alias on the networks that they share, and on no other', async () => {
  const logs = await compose('logs', '--no-log-prefix', 'web');
  // the client erases the line first, also with --ansi=never
  assert.is(logs.replaceAll('\x1b[2K', '').replace(/ +/g, ' '), '10.77.0.9 database\n10.77.0.9 db');
  assert.is(await resolved('db', 'web'), await d().dockerOk('inspect', '-f', address('shop_back'), 'shop-web-1'));
  assert.is(await resolved('alone', 'web'), await d().dockerOk('inspect', '-f', address('shop_front'), 'shop-web-1'));
  assert.is(await resolved('alone', 'db'), 'none');
});
const address = (network: string) => `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}{{end}}`;

s.test('its ports are published, as the client and docker say', async () => {
  assert.match(await compose('port', 'web', '80'), /^127\.0\.0\.1:\d+$/);
  assert.match(await d().dockerOk('port', 'shop-web-1', '53/udp'), /^127\.0\.0\.1:\d+$/);
});

s.test('up once more changes nothing, and a second container of a service has both names', async () => {
  const started = await ids();
  await compose('up', '-d');
  assert.equal(await ids(), started);
  await compose('up', '-d', '--scale', 'alone=2');
  assert.is((await ids()).length, started.length + 1);
  const owners = await compose('exec', '-T', 'web', 'sh', '-c', 'getent ahostsv4 alone | cut -d" " -f1 | sort -u');
  assert.is(owners.split('\n').length, 2, owners);
});

s.test('restart keeps the addresses', async () => {
  await compose('restart', 'db');
  assert.is(await resolved('web', 'database'), '10.77.0.9');
});

s.test('down takes all of it away, and its volume with -v only', async () => {
  await compose('down');
  assert.is(await d().dockerOk('volume', 'ls', '-q', '--filter', 'label=of=shop'), 'shop_data');
  await compose('up', '-d', 'db');
  await compose('down', '-v');
  assert.is(await d().dockerOk('volume', 'ls', '-q', '--filter', 'label=of=shop'), '');
  await sameAs(before, d());
});

s.test.run();
