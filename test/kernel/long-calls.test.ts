import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { ask, endStages, failure, numberOf, request, stage } from './bare-stage.ts';

const test = suite('calls that are too long for one message');
const work = mkdtempSync('/tmp/ddtest-long-');
test.after(async () => {
  await endStages();
  rmSync(work, { recursive: true, force: true });
});
const E2BIG = 7;

test('data that are too long for a message go ahead, and no more is kept than there is room for', async () => {
  const { k: at } = await stage();
  const path = `${work}/${'long/'.repeat(3)}`;
  assert.is(await at.stage.write_file(`${work}/large`, 0o100, 0o600, Buffer.alloc(3_000_000, 'x')), 3_000_000);
  assert.is(readFileSync(`${work}/large`).length, 3_000_000);
  assert.match((await failure(at.stage.execve(`${path}none`, Array<string>(200_000).fill('a'), []))).message, 'ENOENT');
  assert.match((await failure(at.stage.execve('/bin/true', Array<string>(900_000).fill('a'), []))).message, 'E2BIG');
  assert.match((await failure(at.stage.execve('/bin/true', ['true', 'y'.repeat(200_000)], []))).message, 'E2BIG');
  const { fd } = await stage();
  const room = 8 * 1024 * 1024;
  for (const [place, length, ret] of [
    [room - 8, 8, 8],
    [room - 8, 9, -E2BIG],
    [room + 1, 0, -E2BIG],
    [-1, 1, -E2BIG],
    [2 ** 50, 1, -E2BIG],
  ] as const) {
    assert.is(
      (await ask(fd, request(numberOf('store'), [place, 0, length], Buffer.alloc(16)))).ret,
      ret,
      `${place} ${length}`,
    );
  }
});

test.run();
