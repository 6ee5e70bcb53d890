/** Boots a virtual machine with Debian's kernel and our initial root, and reports its checks as tests of a suite. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { missing, suite } from '../harness.ts';
import { type DebianKernel, debianKernel, kernelPackage } from './debian-kernel.ts';
import { initramfs } from './initramfs.ts';
import { type Result, readResults } from './report.ts';
import { lessonsNeed } from './userland.ts';

const needs = ['qemu-system-x86_64', 'busybox', 'apt-get', 'dpkg-deb'];
const LIMIT_MS = Number(process.env['DRYDOCK_VM_MINUTES'] ?? 15) * 60_000;
/** Factor for timeouts in the virtual machine. */
const PATIENCE = Number(process.env['DRYDOCK_VM_PATIENCE'] ?? 4);

/** `lessons`: lessons to take instead of running the checks of containers. */
interface Boot {
  cgroup: 1 | 2;
  lessons?: readonly string[];
}

/**
 * Boots the machine once and resolves with the guest's results. Emulated (TCG), so that it also works without /dev/kvm.
 */
async function boot(kernel: DebianKernel, { cgroup, lessons }: Boot): Promise<Result[]> {
  const dir = mkdtempSync(join(tmpdir(), 'drydock-vm-'));
  try {
    writeFileSync(join(dir, 'initramfs'), await initramfs(kernel, lessons !== undefined));
    return readResults(
      await run('qemu-system-x86_64', [
        // mitigations=off, because they protect nothing here and take a third of the emulated time.
        '-accel',
        'tcg,thread=multi',
        '-cpu',
        'max',
        '-smp',
        '2',
        '-m',
        lessons ? '3072' : '1536',
        '-nodefaults',
        '-no-reboot',
        '-display',
        'none',
        '-serial',
        'stdio',
        '-kernel',
        kernel.image,
        '-initrd',
        join(dir, 'initramfs'),
        '-append',
        `console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off drydock.patience=${PATIENCE} drydock.cgroup=${cgroup}${lessons ? ` drydock.lessons=${lessons.join()}` : ''}`,
        // A disk for io.max: reads return zeros, writes are discarded.
        '-blockdev',
        'driver=null-co,node-name=disk,size=67108864,read-zeroes=on',
        '-device',
        'virtio-blk-pci,drive=disk',
      ]),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let output = '';
    const take = (data: Buffer) => {
      output += data;
      if (process.env['DRYDOCK_VM_CONSOLE']) process.stderr.write(data);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}

/** The kernel, or undefined if no mirror can be reached and the cache has none. */
async function kernelOrNone(): Promise<DebianKernel | undefined> {
  try {
    return await debianKernel();
  } catch {
    return undefined;
  }
}

/** Runs a suite with one test per check of the guest. */
export async function machineSuite(title: string, what: Boot): Promise<void> {
  const all = [...needs, ...(what.lessons ? lessonsNeed : [])];
  const test = suite(title, ...all);
  const kernel = missing(...all) ? undefined : await kernelOrNone();
  if (!kernel) test([kernelPackage], 'everything', () => undefined);
  const results = kernel ? await boot(kernel, what) : [];
  if (kernel)
    test('the machine boots and runs its checks', () =>
      assert.ok(results.length > (what.lessons?.length ?? 5), `only ${results.length} checks reported`));
  for (const { name, error } of results) test(name, () => assert.not(error, error));
  test.run();
}
