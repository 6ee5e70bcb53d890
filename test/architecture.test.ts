import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { syscalls } from '../runtime/kernel/syscalls.ts';
import { suite } from './harness.ts';

const test = suite('architecture');

test('ops.def and syscalls.ts name the same operations with the same arguments', () => {
  const source = readFileSync('native/ops.def', 'utf8');
  const native = [...source.matchAll(/^(?:OP|SPECIAL)\((\w+),.*"(\w*)"\)/gm)].map((m) => `${m[1]} ${m[2]!.replace(/[nz]/g, '')}`);
  const typed = Object.entries(syscalls).map(([name, call]) => `${name} ${call.args.map((a) => a.kind).join('')}`);
  assert.equal(typed.sort(), native.sort());
});

test.run();
