import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { PR } from '../../runtime/syscalls/constants.ts';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import {
  allCapabilities,
  capabilitySets,
  chooseCapabilities,
  defaultCapabilities,
  encodeCaps,
} from '../../runtime/oci/capabilities.ts';
import { suite } from '../harness.ts';

/** A helper process drops all capabilities except the default set and prints what the kernel reports. */
async function helper(): Promise<void> {
  const k = daemonKernel();
  const { header, data, boundingDrop } = encodeCaps(capabilitySets([...defaultCapabilities]));
  for (const n of boundingDrop) await k.daemon.prctl(PR.PR_CAPBSET_DROP, n, 0, 0, 0);
  await k.daemon.capset(header, data);
  process.stdout.write(readFileSync('/proc/thread-self/status', 'utf8'));
}

if (process.env['DRYDOCK_TEST_CAPS']) {
  await helper();
} else {
  const test = suite('capabilities');

  test('add and drop know ALL, small letters and both ways of writing', () => {
    assert.equal(chooseCapabilities([], [], false), [...defaultCapabilities]);
    assert.equal(chooseCapabilities(['net_admin'], ['ALL'], false), ['CAP_NET_ADMIN']);
    assert.equal(
      chooseCapabilities(['ALL'], ['CAP_SYS_ADMIN'], false),
      allCapabilities().filter((c) => c !== 'CAP_SYS_ADMIN'),
    );
    assert.equal(
      chooseCapabilities([], ['chown', 'CAP_KILL'], false),
      defaultCapabilities.filter((c) => !['CAP_CHOWN', 'CAP_KILL'].includes(c)),
    );
    assert.equal(chooseCapabilities(['CHOWN'], [], false).length, 14);
    assert.equal(chooseCapabilities([], ['ALL'], true), allCapabilities());
    assert.ok(
      allCapabilities().length > 0 && !chooseCapabilities([], [], true).some((c) => !allCapabilities().includes(c)),
    );
    assert.throws(() => chooseCapabilities(['bogus'], [], false), /unknown capability: "CAP_BOGUS"/);
  });

  test('the sets are encoded as capset(2) takes them', () => {
    const { header, data, boundingDrop, ambient } = encodeCaps({
      ...capabilitySets(['CAP_CHOWN', 'CAP_BPF']),
      inheritable: [],
      ambient: ['CAP_KILL'],
    });
    assert.is(header.readUInt32LE(0), 0x20080522);
    assert.equal(
      [0, 4, 8, 12, 16, 20].map((at) => data.readUInt32LE(at)),
      [1, 1, 0, 1 << 7, 1 << 7, 0],
    );
    assert.equal(
      [boundingDrop.includes(0), boundingDrop.includes(1), boundingDrop.includes(39), ambient],
      [false, true, false, [5]],
    );
  });

  test(['root'], 'the kernel reads back Docker’s well-known mask', () => {
    const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], {
      encoding: 'utf8',
      env: { ...process.env, DRYDOCK_TEST_CAPS: '1' },
    });
    for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
      assert.match(stdout, new RegExp(`${set}:\\s+00000000a80425fb`), stderr);
    assert.match(stdout, /CapInh:\s+0000000000000000/);
  });

  test.run();
}
