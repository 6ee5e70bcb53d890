import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ExecLog, execOutputs } from '../../runtime/container/logs/exec-log.ts';
import { suite } from '../harness.ts';

const test = suite('what execs printed');
const dir = mkdtempSync('/tmp/drydock-execs-');
test.after(() => rmSync(dir, { recursive: true, force: true }));
const empty = () => rmSync(join(dir, 'execs'), { recursive: true, force: true });
const id = (n: number) => n.toString(16).padStart(64, '0');
const log = (n: number, command = ['sh', '-c', 'echo hi']) => new ExecLog(dir, { id: id(n), command, tty: true });
const text = () => execOutputs(dir).map((one) => Buffer.concat([...one.written()].map(({ data }) => data)).toString());

test('is there with its command, its streams and its times, for its owner alone', () => {
  assert.equal(execOutputs(dir), []);
  const begun = Date.now();
  const one = log(1);
  one.write(1, Buffer.from('hi\n'));
  one.write(2, Buffer.from('oh\n'));
  one.close();
  const [found] = execOutputs(dir);
  assert.equal([found!.id, found!.command, found!.tty], [id(1), ['sh', '-c', 'echo hi'], true]);
  const records = [...found!.written()];
  assert.equal(
    records.map(({ stream, data }) => [stream, data.toString()]),
    [
      [1, 'hi\n'],
      [2, 'oh\n'],
    ],
  );
  for (const { ns } of records) assert.ok(Number(ns / 1_000_000n) >= begun && Number(ns / 1_000_000n) <= Date.now());
  assert.is(statSync(join(dir, 'execs', `${id(1)}.log`)).mode & 0o777, 0o600);
});

test('one that says nothing leaves nothing', () => {
  empty();
  log(2).close();
  assert.equal(execOutputs(dir), []);
});

test('of each only the beginning is kept, of all only the newest, and of a command that is a script its beginning', () => {
  empty();
  const long = log(3, ['sh', '-c', 'x'.repeat(1 << 20), ...Array.from({ length: 1000 }, () => 'more')]);
  for (let n = 0; n < 40; n++) long.write(1, Buffer.alloc(100_000, 65));
  long.write(1, Buffer.from('the end'));
  assert.is(text()[0]!.length, 2 << 20);
  assert.ok(JSON.stringify(execOutputs(dir)[0]!.command).length < 4000);
  for (let n = 4; n < 50; n++) {
    const one = log(n);
    one.write(1, Buffer.from(String(n)));
    one.close();
  }
  assert.is(readdirSync(join(dir, 'execs')).length, 32);
  assert.ok(text().includes('49'));
});

test('what a full disk or a killed daemon cut off is left out', () => {
  empty();
  for (const n of [1, 2]) {
    const one = log(n);
    one.write(1, Buffer.from('first'));
    one.write(1, Buffer.from('second'));
    one.close();
  }
  truncateSync(join(dir, 'execs', `${id(1)}.log`), 100);
  truncateSync(join(dir, 'execs', `${id(2)}.log`), 4096 + 16 + 5 + 20);
  assert.equal(text(), ['first']);
});

test.run();
