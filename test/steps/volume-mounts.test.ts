/** Volumes that are a file system of their own: their options, and the calls that mount them. */
import * as assert from 'uvu/assert';
import type { Container } from '../../runtime/container/container.ts';
import { unmountVolumes, volumeMountsStep } from '../../runtime/executor/stage/create/volume-mounts.ts';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { checkOptions, hidden, mountOf, serverName, withAddress } from '../../runtime/volume/local/options.ts';
import { remove } from '../../runtime/volume/local/steps.ts';
import { suite } from '../harness.ts';
import { fakeVolume, fakeVolumes } from './fake-volumes.ts';

const test = suite('volumes that are a file system');
const refusal = (options: Record<string, string>) => {
  try {
    checkOptions('v', options);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

test('options are checked as dockerd checks them', () => {
  assert.is(refusal({}), undefined);
  assert.is(refusal({ type: 'nfs', device: ':/x', o: 'addr=10.0.0.1,rw' }), undefined);
  assert.is(refusal({ type: 'nfs' }), 'create v: missing required option: "device"');
  assert.is(refusal({ device: 'x' }), 'create v: missing required option: "type"');
  assert.is(refusal({ o: 'x' }), 'create v: missing required option: "device"');
  assert.is(refusal({ Type: 'x' }), 'create v: invalid option: "Type"');
  assert.is(refusal({ size: 'x' }), "create v: invalid size: 'x'");
  assert.is(refusal({ size: '1g' }), 'create v: quota size requested but no quota support');
  assert.is(refusal({ size: '0' }), undefined);
  assert.match(refusal({ type: 'cifs', device: '//host:445/x' }) ?? '', /port not allowed in CIFS device URL/);
});

test('words of mount(8) are flags, and the rest is for the file system', () => {
  assert.equal(mountOf({ type: 'tmpfs', device: 'tmpfs', o: 'size=1m,ro,nosuid,uid=5' }), {
    ...{ type: 'tmpfs', device: 'tmpfs', flags: 3, propagation: 0, data: 'size=1m,uid=5' },
  });
  assert.is(mountOf({ type: 'none', device: '/x', o: 'bind' })?.flags, 4096);
  assert.equal([mountOf(null), mountOf({}), mountOf({ size: '0' })], [undefined, undefined, undefined]);
});

test("a server's name is looked up, because the kernel takes only its address", () => {
  const nfs = mountOf({ type: 'nfs', device: ':/x', o: 'addr=files.example,nolock' })!;
  assert.is(serverName(nfs), 'files.example');
  assert.is(withAddress(nfs, 'files.example', '10.0.0.1').data, 'addr=10.0.0.1,nolock');
  assert.is(serverName(mountOf({ type: 'nfs', device: ':/x', o: 'addr=10.0.0.1' })!), undefined);
  assert.is(serverName(mountOf({ type: 'tmpfs', device: 'tmpfs', o: 'addr=name' })!), undefined);
  assert.is(hidden('username=a,password=b'), 'username=a,password=********');
});

const containerWith = (options: Record<string, string> | null) => {
  const volumes = fakeVolumes('/lib/dd', ['v']);
  const volume = { ...fakeVolume('v'), options };
  return {
    id: 'c1',
    paths: { runDir: '/run/dd/c1' },
    mounts: [{ type: 'volume', name: 'v', destination: '/d', rw: true, mode: '', propagation: '' }],
    volumes: { ...volumes, find: () => volume },
  } as unknown as Container;
};

test('the stage mounts it before it breaks away from the mounts of the host', async () => {
  const step = volumeMountsStep('create.mount-volumes');
  const plain = containerWith(null);
  assert.equal([step.when!(plain), unmountVolumes.when!(plain)], [false, false]);
  const c = containerWith({ type: 'none', device: '/x', o: 'bind,ro,rshared' });
  const k = recordingKernel({});
  await step.do(k, c);
  assert.equal(k.calls, [
    'stage.mount("/x", "/lib/dd/volumes/v/_data", "none", MS_RDONLY|MS_BIND, NULL)',
    'stage.mount(NULL, "/lib/dd/volumes/v/_data", NULL, MS_REC|MS_SHARED, NULL)',
    'stage.mount(NULL, "/lib/dd/volumes/v/_data", NULL, MS_RDONLY|MS_REMOUNT|MS_BIND, NULL)',
  ]);
  assert.equal([...c.volumes.holders.get('v')!], ['/run/dd/c1']);
  const taken = recordingKernel({});
  await unmountVolumes.do(taken, c);
  assert.equal([taken.calls, c.volumes.holders.get('v')!.size], [[], 0], 'what is not mounted is not unmounted');
});

test('cp into a stopped container and the removal of a volume have steps for it', async () => {
  assert.is(volumeMountsStep('reach.mount-volumes').undo, volumeMountsStep('create.mount-volumes').undo);
  assert.equal(unmountVolumes.id, 'exit.unmount-volumes');
  const [step] = remove;
  assert.is(step!.id, 'volume-remove.unmount');
  const volumes = fakeVolumes('/lib/dd', ['v']);
  assert.not(step!.when!({ volume: fakeVolume('v'), volumes }));
  assert.ok(step!.when!({ volume: { ...fakeVolume('v'), options: { type: 'tmpfs', device: 'tmpfs' } }, volumes }));
});

test.run();
