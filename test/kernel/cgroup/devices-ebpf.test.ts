import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { deviceProgram } from '../../../runtime/kernel/cgroup/devices-ebpf.ts';
import { hierarchies } from '../../../runtime/kernel/cgroup/hierarchies.ts';
import { daemonKernel } from '../../../runtime/kernel/linux/linux.ts';
import { defaultDeviceRules } from '../../../runtime/oci/default-spec.ts';
import type { DeviceRule } from '../../../runtime/oci/spec.ts';
import { suite } from '../../harness.ts';

const test = suite('device program');
const [M, R, W] = [1, 2, 4];
const [BLOCK, CHAR] = [1, 2];

/** An interpreter for the few instructions of ebpf.ts, run on struct bpf_cgroup_dev_ctx. */
function run(program: Buffer, type: number, access: number, major: number, minor: number): boolean {
  const context = [(access << 16) | type, major, minor];
  const r = [0, 0, 0, 0, 0, 0];
  for (let pc = 0; ; pc++) {
    const [op, regs, offset, imm] = [
      program[pc * 8]!,
      program[pc * 8 + 1]!,
      program.readInt16LE(pc * 8 + 2),
      program.readInt32LE(pc * 8 + 4),
    ];
    const [dst, src] = [regs & 15, regs >> 4];
    if (op === 0x95) return r[0] === 1;
    else if (op === 0x61) r[dst] = context[offset / 4]!;
    else if (op === 0xb7) r[dst] = imm;
    else if (op === 0xbf) r[dst] = r[src]!;
    else if (op === 0x57) r[dst] = r[dst]! & imm;
    else if (op === 0x77) r[dst] = r[dst]! >>> imm;
    else if ((op === 0x15 && r[dst] === imm) || (op === 0x55 && r[dst] !== imm) || (op === 0x45 && r[dst]! & imm))
      pc += offset;
  }
}

test('the default rules allow null and ptys, and making any node', () => {
  const program = deviceProgram(defaultDeviceRules);
  assert.ok(run(program, CHAR, R | W, 1, 3) && run(program, CHAR, R, 136, 7) && run(program, BLOCK, M, 8, 0));
  assert.not.ok(run(program, BLOCK, R, 8, 0) || run(program, CHAR, R, 1, 1) || run(program, BLOCK, R | M, 8, 0));
});

test('of two rules the later one wins, each access by itself', () => {
  const rules: DeviceRule[] = [
    { allow: false },
    { allow: true, type: 'c', major: 1, minor: 3, access: 'r' },
    { allow: true, type: 'c', major: 1, access: 'w' },
    { allow: false, type: 'c', major: 1, minor: 5, access: 'w' },
  ];
  const program = deviceProgram(rules);
  assert.ok(run(program, CHAR, R | W, 1, 3) && run(program, CHAR, W, 1, 9));
  assert.not.ok(run(program, CHAR, W, 1, 5) || run(program, CHAR, R, 1, 9) || run(program, CHAR, R | W | M, 1, 3));
});

test('no rule, and a last rule for everything, decide alone', () => {
  assert.ok(run(deviceProgram([]), BLOCK, R, 8, 0));
  assert.ok(
    run(
      deviceProgram([
        { allow: false, type: 'c', major: 1 },
        { allow: true, type: 'a' },
      ]),
      CHAR,
      R,
      1,
      1,
    ),
  );
  assert.not.ok(run(deviceProgram([{ allow: true, type: 'c', major: 1 }, { allow: false }]), CHAR, R, 1, 1));
});

const { unified } = hierarchies();
const needs = ['root', ...(unified ? [] : ['a mounted cgroup2'])];
test(needs, 'the kernel’s verifier takes the program, and a process in the cgroup is refused', async () => {
  const dir = `${unified}/drydock-test-${randomUUID()}`;
  mkdirSync(dir);
  try {
    await daemonKernel().daemon.bpf_device(
      deviceProgram([...defaultDeviceRules, { allow: false, type: 'c', major: 1, minor: 5, access: 'w' }]),
      dir,
    );
    const script = `echo 0 > ${dir}/cgroup.procs && { head -c1 /dev/kmsg >/dev/null 2>&1 && echo kmsg opened || echo kmsg refused; }; echo x > /dev/null && echo null written; (echo x > /dev/zero) 2>/dev/null || echo zero refused`;
    assert.equal(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n'), [
      'kmsg refused',
      'null written',
      'zero refused',
    ]);
  } finally {
    while (existsSync(`${dir}/cgroup.procs`) && readFileSync(`${dir}/cgroup.procs`, 'utf8'))
      await new Promise((r) => setTimeout(r, 5));
    rmdirSync(dir);
  }
});

test.run();
