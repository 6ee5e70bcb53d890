import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { busyboxImage } from './busybox-image.ts';
import { Daemon } from './daemon.ts';
import { ownRoom } from './room.ts';
import { suite } from '../harness.ts';

await ownRoom();
const test = suite('docker export', 'root', 'docker', 'tar', 'busybox');

for (const driver of ['overlay2', 'vfs']) {
  test(`${driver}: the archive is what the container sees, without what is mounted in it`, async () => {
    const d = await new Daemon(['--storage-driver', driver]).start();
    const dir = join(d.root, 'out');
    const unpacked = async (name: string) => {
      const file = join(d.root, 'export.tar');
      const { code, err } = await d.docker('export', '-o', file, name);
      assert.is(code, 0, err);
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir);
      sh('tar', '--numeric-owner', '-xpf', file, '-C', dir);
    };
    try {
      const image = await busyboxImage(d, 'export');
      await d.ok('create', '--name', 'new', image, 'true');
      await unpacked('new');
      assert.is(readlinkSync(join(dir, 'bin/sh')), 'busybox', 'also of one that was never started');
      const script =
        'mkdir /made; echo one > /made/a; ln /made/a /made/b; chown 12:34 /made/a; chmod 4711 /made/a; rm /bin/ls;' +
        'echo mounted > /mnt/hidden; rm -r /tmp; mkdir /tmp; echo changed > /etc/group; sleep 1000';
      await d.ok('run', '-d', '--name', 'runs', '--tmpfs', '/mnt', image, 'sh', '-c', script);
      await d.ok('exec', 'runs', 'sh', '-c', 'until grep -q changed /etc/group; do sleep 0.05; done');
      for (const stopped of [false, true]) {
        if (stopped) await d.ok('stop', '-t', '0', 'runs');
        await unpacked('runs');
        const a = statSync(join(dir, 'made/a'));
        assert.equal([a.mode & 0o7777, a.uid, a.gid, a.nlink], [0o4711, 12, 34, 2]);
        assert.is(a.ino, statSync(join(dir, 'made/b')).ino);
        assert.is(readFileSync(join(dir, 'etc/group'), 'utf8'), 'changed\n');
        assert.not.ok(readdirSync(join(dir, 'bin')).includes('ls'));
        assert.equal(readdirSync(join(dir, 'mnt')), []);
        assert.equal([...readdirSync(join(dir, 'tmp')), ...readdirSync(join(dir, 'proc'))], []);
        assert.is(readFileSync(join(dir, 'bin/busybox')).compare(readFileSync('/bin/busybox')), 0);
      }
      const { code, err } = await d.docker('export', '-o', join(d.root, 'none.tar'), 'nothing');
      assert.is(code, 1);
      assert.match(err, 'No such container: nothing');
    } finally {
      await d.close();
    }
  });
}

test.run();
