/** Layers made by a shell, archived by GNU tar, and unpacked by Drydock, for overlayfs and for vfs. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Whiteouts } from '../../runtime/image/layer/layer-writer.ts';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { sh } from '../harness.ts';
import { digestOf } from '../image/tarball.ts';

/** The possible contents of a layer. A whiteout is a file `.wh.NAME`, as in the archive. */
export const scripts = [
  `mkdir -p etc/deep/er bin gone whole part; echo base > etc/conf; echo 1 > etc/deep/er/file; chmod 4755 etc/conf
   echo a > gone/a; echo b > whole/b; mkdir whole/below; echo c > whole/below/c; echo keep > part/keep; echo lose > part/lose
   echo same > linked; ln linked alias; ln linked etc/third; ln -s ../etc/conf bin/way; ln -s /nowhere broken
   mkfifo pipe; mknod null c 1 3; mknod disk b 259 1000; chmod 1777 part
   truncate -s 5M holes; printf x | dd of=holes bs=1 seek=2097152 conv=notrunc status=none
   echo was a file > turns; mkdir becomes; echo i > becomes/inside
   printf 'odd' > "$(printf 'b\\303\\050d \\n name')"; mkdir -p ${'n'.repeat(120)}/${'o'.repeat(120)}; echo > ${'n'.repeat(120)}/${'o'.repeat(120)}/long
   chown 1234:5678 part/keep; chown 3000000:3000000 bin; chown -h 7:8 broken; setcap cap_net_raw+ep part/keep
   find . -depth -exec touch -h -d '2001-02-03 04:05:06.123456789Z' {} +`,
  `mkdir -p etc whole part turns; echo second > etc/conf; chmod 600 etc/conf; touch .wh.gone whole/.wh..wh..opq part/.wh.lose .wh.broken
   echo new > whole/new; mkdir whole/below; echo other > whole/below/other; echo inside > turns/inside; echo now a file > becomes
   echo one > only; ln only also; find . -depth -exec touch -h -d '2002-02-03 04:05:06.5Z' {} +; touch -d 1969-12-31T23:59:58.25Z only`,
  `mkdir -p part etc/deep; echo back > gone; touch etc/deep/.wh.er; chmod 700 part; rm -rf etc/.wh.x; echo third > part/third
   find . -depth -exec touch -h -d '2003-02-03 04:05:06Z' {} +`,
];

export class Layers {
  readonly dir = mkdtempSync('/dev/shm/drydock-storage-test-');
  #count = 0;

  path = (name: string): string => join(this.dir, name);

  /** Returns a directory with the files that the script made. */
  made(script: string): string {
    const dir = this.path(`made${++this.#count}`);
    mkdirSync(dir);
    sh('sh', '-ec', `umask 022; cd ${dir}; ${script}`);
    return dir;
  }

  /** Returns the path of GNU tar's archive of a directory. */
  archived(dir: string): string {
    const file = `${dir}.tar`;
    const keep = ['--xattrs', '--xattrs-include=security.capability', '--numeric-owner'];
    sh('tar', '--format=posix', '--sort=name', '--sparse', ...keep, '-cf', file, '-C', dir, '.');
    return file;
  }

  async unpacked(tar: string, whiteouts: Whiteouts): Promise<string> {
    const dir = this.path(`layer${++this.#count}`);
    await unpackLayer({ blob: tar, dir, diffID: digestOf(readFileSync(tar)), whiteouts });
    return join(dir, 'diff');
  }

  /** Mounts an overlay and returns its paths; `lowers` highest first. */
  overlay(lowers: readonly string[]): { merged: string; upper: string } {
    const names = ['upper', 'work', 'merged'].map((name) => this.path(`${name}${++this.#count}`));
    for (const name of names) mkdirSync(name);
    const [upper, work, merged] = names as [string, string, string];
    const options = `lowerdir=${lowers.join(':')},upperdir=${upper},workdir=${work}`;
    sh('mount', '-t', 'overlay', 'overlay', '-o', options, merged);
    return { merged, upper };
  }

  write(name: string, parts: readonly Uint8Array[]): string {
    const file = this.path(name);
    writeFileSync(file, Buffer.concat(parts));
    return file;
  }

  /** Unmounts the overlays that this process's mountinfo lists below the directory, and removes the directory. */
  close(): void {
    sh('sh', '-c', `grep -o ' ${this.dir}/merged[0-9]* ' /proc/self/mountinfo | xargs -r -n1 umount`);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
