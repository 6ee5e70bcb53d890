/** Starts with a data root written by an earlier version. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import { putRootInOrder } from '../../runtime/data-root/data-root.ts';
import { Aside } from '../../runtime/data-root/set-aside.ts';
import { keepLeases, leaseAddress } from '../../runtime/network/ipam/leases.ts';
import { suite } from '../harness.ts';

const test = suite('data root of an earlier version');
const work = mkdtempSync('/tmp/ddtest-data-root-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;
const fresh = () => `${work}/${++count}`;

test('leases of version 0.2 become those of the network bridge, and are known as such', async () => {
  const root = fresh();
  mkdirSync(`${root}/network/leases`, { recursive: true });
  for (const [address, id] of Object.entries({ '172.30.0.2': 'aa', '172.30.0.3': 'bb' }))
    symlinkSync(id, `${root}/network/leases/${address}`);
  const reports: string[] = [];
  putRootInOrder(new Aside(root, (text) => reports.push(text)));
  assert.equal(reports, []);
  assert.not.ok(existsSync(`${root}/network/leases`));
  assert.is(readlinkSync(`${root}/network/bridge/leases/172.30.0.3`), 'bb');
  const place = { root, network: 'bridge' };
  assert.is(
    await leaseAddress(daemonKernel(), place, { gateway: '172.30.0.1', prefix: 16 }, 'cc'),
    '172.30.0.4',
    'what the last daemon gave is taken',
  );
  assert.equal((await keepLeases(daemonKernel(), root, new Set(['bb']))).sort(), ['172.30.0.2', '172.30.0.4']);
});

test('two networks give the same address to two containers, and each gives its own back', async () => {
  const root = fresh();
  mkdirSync(root, { recursive: true });
  const subnet = { gateway: '10.5.0.1', prefix: 24 };
  for (const network of ['front', 'back'])
    assert.is(await leaseAddress(daemonKernel(), { root, network }, subnet, 'aa'), '10.5.0.2');
  assert.equal(readdirSync(`${root}/network`).sort(), ['back', 'front']);
  assert.equal(await keepLeases(daemonKernel(), root, new Set()), ['10.5.0.2', '10.5.0.2']);
  assert.equal(readdirSync(`${root}/network/front/leases`), []);
});

test.run();
