/** Device access: an eBPF program in version 2, devices.allow in version 1. */
import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Check, on } from './check.ts';
import { sh } from './daemon.ts';

/** major and minor number of the machine's only disk */
const disk = () => readFileSync('/sys/block/vda/dev', 'utf8').trim();
const open = () => `mknod /tmp/d b ${disk().replace(':', ' ')} && (exec 3</tmp/d) 2>&1 && echo opened`;

export const devices: Check[] = [
  {
    name: "a disk's node can be made but not opened",
    run: async () => assert.match((await sh(open())).out, /Operation not permitted/),
  },
  {
    name: 'a rule lets it be opened',
    run: async () => assert.equal((await sh(open(), { DeviceCgroupRules: [`b ${disk()} r`] })).out, 'opened\n'),
  },
  {
    name: 'a device that was given can be read but not written',
    run: async () => {
      const { out } = await sh('(exec 3</dev/disk) && echo read; (exec 3>/dev/disk) 2>&1', {
        Devices: [{ PathOnHost: '/dev/vda', PathInContainer: '/dev/disk', CgroupPermissions: 'r' }],
      });
      assert.match(out, /^read\n.*Operation not permitted/);
    },
  },
  {
    name: 'with --privileged everything can',
    run: async () => assert.equal((await sh(open(), { Privileged: true })).out, 'opened\n'),
  },
  {
    name: 'the standard ones work',
    run: async () =>
      assert.equal(
        (await sh('head -c 2 /dev/zero | wc -c; echo x >/dev/null; head -c 2 /dev/urandom | wc -c; echo done')).out,
        '2\n2\ndone\n',
      ),
  },
  {
    name: 'how it was done is in the journal',
    run: async () => {
      const { events } = await sh('true');
      const names = events.flatMap((e) => (e.type === 'call' && e.step === 'create.device-rules' ? [e.name] : []));
      assert.equal(names[0], on('bpf_device', 'write_file'));
    },
  },
];
