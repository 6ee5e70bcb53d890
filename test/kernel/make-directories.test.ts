import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeDirectories } from '../../runtime/kernel/make-directories.ts';
import { suite } from '../harness.ts';

const test = suite('directories with their parents');
const dir = mkdtempSync(join(tmpdir(), 'drydock-make-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));
const modeOf = (path: string) => statSync(path).mode & 0o777;

test('makes what is missing with its mode, and leaves what is there', () => {
  makeDirectories(join(dir, 'a/b/c'), 0o700);
  assert.equal([modeOf(join(dir, 'a')), modeOf(join(dir, 'a/b/c'))], [0o700, 0o700]);
  makeDirectories(join(dir, 'a/b'), 0o711);
  assert.is(modeOf(join(dir, 'a/b')), 0o700);
  symlinkSync('a', join(dir, 'link'));
  makeDirectories(join(dir, 'link/d'), 0o700);
  assert.ok(statSync(join(dir, 'a/d')).isDirectory());
});

test('ends with the errno of the kernel where nothing can be made', () => {
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('nowhere', join(dir, 'dangling'));
  const codeOf = (path: string) => {
    try {
      makeDirectories(path, 0o700);
      return 'made';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  };
  assert.is(codeOf('/proc/nope'), 'ENOENT');
  assert.is(codeOf('/proc/nope/below'), 'ENOENT');
  assert.is(codeOf(join(dir, 'file')), 'EEXIST');
  assert.is(codeOf(join(dir, 'file/below')), 'ENOTDIR');
  assert.is(codeOf(join(dir, 'dangling')), 'EEXIST');
  assert.is(codeOf(join(dir, 'dangling/below')), 'EEXIST');
});

test.run();
