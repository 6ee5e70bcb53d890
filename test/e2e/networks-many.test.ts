/** Two hundred networks at once, and a container on a hundred of them: all usable, all listed, nothing left. */
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { lookUp } from './name-asking.ts';
import { inNetworkOf } from './ports/servers.ts';
import { site } from './site.ts';

const s = await site('many networks', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const MANY = 200;
/** More than a name server had room for once, and not a multiple of anything. */
const OF_ONE = 101;
/** A network takes about 10 ms to make and 60 ms to remove, an endpoint about 30 ms. */
const WITHIN_MS = 60_000;
const named = (count: number) => Array.from({ length: count }, (_, j) => `n${j}`);
const start = (name: string, networks: readonly string[]) =>
  docker('run', '-d', '--name', name, ...networks.flatMap((one) => ['--network', one]), 'tiny', 'sleep', '1000');
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));

const addressesOf = async (name: string) => (await lookUp(await pidOf('wide'), name)).data;

async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  const result = await act();
  assert.ok(Date.now() - begun < WITHIN_MS, `${what} took ${Date.now() - begun} ms`);
  return result;
}

let before: Record<string, string[]>;
s.test('two hundred networks are made and listed', async () => {
  await docker('network', 'create', '--subnet', '10.98.0.0/24', 'first');
  await docker('run', '--rm', '--network', 'first', 'tiny', 'true');
  await docker('network', 'rm', 'first');
  before = await atRest(d());
  await timed('making', async () => {
    for (const [j, Name] of named(MANY).entries()) {
      const { status, body } = await d().api('POST', '/v1.44/networks/create', {
        Name,
        IPAM: { Config: [{ Subnet: `10.99.${j}.0/24` }] },
      });
      assert.is(status, 201, body);
    }
  });
  assert.is((await docker('network', 'ls', '-q', '--filter', 'type=custom')).split('\n').length, MANY);
  assert.is((await d().ok('network', 'ls', '-q')).trim().split('\n').length, MANY + 3);
  assert.is(sh('ip', '-o', 'link').match(/: br-[0-9a-f]{12}:/g)?.length, MANY);
});

s.test('a container on a hundred of them has an address on each, and the names of each', async () => {
  const last = `n${OF_ONE - 1}`;
  await start('far', [last]);
  await timed('starting', () => start('wide', named(OF_ONE)));
  const where = inNetworkOf(await pidOf('wide'));
  const addresses = sh(where[0]!, ...where.slice(1), 'ip', '-o', '-4', 'addr');
  for (let j = 0; j < OF_ONE; j++) assert.match(addresses, `10.99.${j}.`);
  for (const name of ['far', `far.${last}`]) {
    const found = await addressesOf(name);
    assert.equal(found, [`10.99.${OF_ONE - 1}.2`], name);
  }
  await docker('network', 'connect', `n${OF_ONE}`, 'wide');
  await start('beyond', [`n${OF_ONE}`]);
  assert.equal(await addressesOf('beyond'), [`10.99.${OF_ONE}.3`]);
  await docker('network', 'disconnect', last, 'wide');
  assert.equal(await addressesOf(`far.${last}`), []);
  assert.equal(await addressesOf('beyond'), [`10.99.${OF_ONE}.3`]);
});

s.test('they outlive the daemon, a prune keeps those in use, and another takes the rest', async () => {
  await d().kill9();
  await d().start();
  const kept = await timed('pruning', () => docker('network', 'prune', '-f'));
  assert.is(kept.split('\n').filter((line) => /^n\d+$/.test(line)).length, MANY - OF_ONE - 1);
  await timed('removing', () => docker('rm', '-f', 'wide', 'far', 'beyond'));
  await timed('pruning', () => docker('network', 'prune', '-f'));
  assert.is(await docker('network', 'ls', '-q', '--filter', 'type=custom'), '');
  const { descriptors: _, processes: __, ...rest } = before;
  await sameAs(rest, d());
});

s.test.run();
