import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { faultyRegistry, type Fault, type Faulty } from './faulty-registry.ts';
import { context, runPull, sample } from './sample.ts';

const test = suite('unusual registries', 'root');
const work = mkdtempSync('/dev/shm/drydock-unusual-');
const image = sample([[{ name: 'a' }], [{ name: 'b' }]]);
let count = 0;
const fresh = () => join(work, String(++count));
const open: Faulty[] = [];
test.after(async () => {
  for (const one of open) await one.close();
  rmSync(work, { recursive: true, force: true });
});

async function registry(fault?: Fault, served = image): Promise<Faulty> {
  const one = await faultyRegistry(served, fault);
  open.push(one);
  return one;
}

/** Ports that fetch() refuses; the first that is free on this machine. */
async function onBlockedPort(): Promise<Faulty> {
  for (const port of [10080, 6000, 5060, 6667, 6566, 5061, 6665]) {
    const one = await faultyRegistry(image, undefined, port).catch(() => undefined);
    if (!one) continue;
    open.push(one);
    return one;
  }
  throw new Error('all the ports are taken');
}

test('pulls from a port that browsers block, and is led to one by a redirect', async () => {
  const blocked = await onBlockedPort();
  const c = context({ reference: `${blocked.host}/a`, root: fresh() });
  await runPull(c);
  assert.equal(c.image?.tags, [`${blocked.host}/a:latest`]);
  const { host } = await registry((_, res, path) => path.includes('/blobs/') && void res.writeHead(307, { Location: `${blocked.url}${path}` }).end() !== null);
  blocked.requests.length = 0;
  await runPull(context({ reference: `${host}/a`, root: fresh() }));
  assert.is(blocked.requests.length, 3);
});

test.run();
