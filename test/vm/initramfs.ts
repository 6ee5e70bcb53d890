/**
 * The initial root of the virtual machine: busybox, Node with its libraries, this checkout's dist/ and native/, the
 * modules, the guest; for lessons a learner's userland instead of busybox.
 *
 * /init        the kernel's first process, on rootfs: copies everything to a tmpfs and goes there with switch_root(8),
 *              because pivot_root(2) does not work from rootfs
 * /sbin/begin  mounts, modules, cgroups, then the guest's checks, then power off
 */
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { realpathSync } from 'node:fs';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { sh } from '../harness.ts';
import { Cpio } from './cpio.ts';
import { type DebianKernel, inOrder } from './debian-kernel.ts';
import { addPulled } from './pulled.ts';
import { addUserland } from './userland.ts';

const MODULES = [
  'overlay',
  'veth',
  'bridge',
  'nf_tables',
  'nft_chain_nat',
  'nft_masq',
  'nft_ct',
  'nft_counter',
  'virtio_pci',
  'virtio_blk',
  'bfq',
];

const init = `#!/bin/busybox sh
busybox mkdir -p /root
busybox mount -t tmpfs -o size=85% root /root
for part in bin etc lib lib32 lib64 libx32 sbin usr drydock modules; do
  [ ! -e /$part ] && [ ! -L /$part ] || busybox cp -a /$part /root/
done
exec busybox switch_root /root /sbin/begin
`;

/**
 * `drydock.cgroup=` is our own parameter: the cgroup layout of this boot; `drydock.patience=` is the factor for
 * timeouts. OPENSSL_ia32cap disables vector instructions in OpenSSL, because emulated ones hash at half the speed of
 * plain ones.
 */
const begin = (modules: readonly string[]) => `#!/bin/busybox sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin HOME=/tmp SHELL=/bin/sh LANG=C.UTF-8
mkdir -p /proc /sys /dev /run /tmp /mnt /var/lib
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
for module in ${modules.join(' ')}; do busybox insmod /modules/$module || echo "insmod $module failed"; done
if grep -q drydock.cgroup=2 /proc/cmdline; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  mount -t tmpfs cgroup /sys/fs/cgroup
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
    mkdir /sys/fs/cgroup/$controller
    mount -t cgroup -o $controller $controller /sys/fs/cgroup/$controller
  done
  mkdir /sys/fs/cgroup/unified
  mount -t cgroup2 unified /sys/fs/cgroup/unified
fi
ip link set lo up
busybox hostname dock
cd /drydock
OPENSSL_ia32cap=:~0xffffffffffffffff DRYDOCK_TEST_PATIENCE=$(sed 's/.*drydock.patience=//; s/ .*//' /proc/cmdline) node guest.js
busybox poweroff -f
`;

/** Adds the files that the dynamic loader maps for a program: symlinks and their targets. */
function withLibraries(cpio: Cpio, program: string): void {
  const real = realpathSync(program);
  cpio.file(join('/usr/bin', basename(program)), execFileSync('cat', [real], { maxBuffer: 2 ** 30 }), 0o755);
  for (const [, path] of sh('ldd', real).matchAll(/(\/\S+) \(0x/g))
    cpio.file(path!, execFileSync('cat', [realpathSync(path!)], { maxBuffer: 2 ** 30 }), 0o755);
}

/** The guest's program: test/vm/guest/main.ts with all its imports, bundled into one file. */
const guest = () =>
  execFileSync(
    join(packageRoot, 'node_modules/.bin/esbuild'),
    [
      join(packageRoot, 'test/vm/guest/main.ts'),
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--keep-names',
      "--banner:js=import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    ],
    { maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'inherit'] },
  );

/** `userland`: includes the tools of a learner's machine and a shell. */
export async function initramfs(kernel: DebianKernel, userland: boolean): Promise<Buffer> {
  const modules = inOrder(kernel, MODULES);
  const cpio = new Cpio();
  if (userland) addUserland(cpio);
  if (userland) await addPulled(cpio);
  for (const dir of ['/dev', '/proc', '/sys', '/bin', '/etc', '/usr/bin']) cpio.directory(dir);
  cpio.file('/init', init, 0o755).file('/sbin/begin', begin(modules.map((path) => basename(path))), 0o755);
  cpio
    .file('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n')
    .file('/etc/group', 'root:x:0:\n')
    .file('/etc/hostname', 'dock\n')
    .file('/etc/hosts', '127.0.0.1 localhost\n')
    .file('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
  cpio.copy(realpathSync('/bin/busybox'), '/bin/busybox');
  if (!userland)
    for (const applet of sh('/bin/busybox', '--list').trim().split('\n'))
      if (applet !== 'busybox') cpio.link(`/bin/${applet}`, 'busybox');
  withLibraries(cpio, process.execPath);
  for (const path of modules) cpio.copy(path, `/modules/${basename(path)}`);
  cpio.copy(join(packageRoot, 'package.json'), '/drydock/package.json');
  cpio.copy(
    join(packageRoot, 'dist'),
    '/drydock/dist',
    (path) => !path.includes('/dist/test/') && !path.endsWith('.map'),
  );
  for (const name of ['drydock.node', 'stage', 'shim', 'init', 'hello', 'port-proxy', 'name-server'])
    cpio.copy(join(packageRoot, 'native/build/Release', name), `/drydock/native/build/Release/${name}`);
  cpio.file('/drydock/guest.js', guest());
  return cpio.bytes();
}
