import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { align } from '../../runtime/journal/align.ts';
import { compareRuns } from '../../runtime/journal/compare.ts';
import type { Event } from '../../runtime/journal/event.ts';
import { withPresentIds } from '../../runtime/journal/former-ids.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';

const test = suite('two runs side by side');
/**
 * Journals of real runs of `ubuntu echo hi`: plain, and with --memory 64m, -u www-data, --network none. Shortened to at
 * most four calls of a kind per step.
 */
const run = (name: string): Event[] =>
  readFileSync(join(packageRoot, `test/web/fixtures/compare/${name}.ndjson`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => withPresentIds(JSON.parse(line) as Event));
const differing = (a: Event[], b: Event[]) =>
  compareRuns(a, b).filter((row) => row.of !== 'both' || row.differences.length);

test('a run does not differ from itself', () => {
  const rows = compareRuns(run('plain'), run('plain'));
  assert.ok(rows.length > 60, String(rows.length));
  assert.equal(
    rows.filter(({ of, differences }) => of !== 'both' || differences.length),
    [],
  );
});

test("a pid that a layer's digest begins with is no word of the run", () => {
  const digest = `33eb${'0'.repeat(60)}`;
  const mounted = (pid: string): Event[] => [
    { seq: 0, time: 0, run: 1, type: 'step', step: 'rw-layer.mount-overlay', at: 'start' },
    { seq: 1, time: 1, run: 1, type: 'fact', facts: [{ kind: 'process', key: 'first', value: pid }] },
    {
      seq: 2,
      time: 2,
      run: 1,
      step: 'rw-layer.mount-overlay',
      type: 'call',
      actor: 'stage',
      name: 'fsconfig',
      args: [4, 1, 'lowerdir+', `/layers/${digest}/diff`, 0],
      ret: 0,
      ns: 1,
    },
  ];
  assert.equal(differing(mounted('33'), mounted('4711')), []);
});

test('a pid that is equal to a constant argument is no word of the run: 259 is the device number 1:3', () => {
  const made = (pid: string): Event[] => [
    { seq: 0, time: 0, run: 1, type: 'step', step: 'init.make-device-nodes', at: 'start' },
    { seq: 1, time: 1, run: 1, type: 'fact', facts: [{ kind: 'process', key: 'first', value: pid }] },
    {
      seq: 2,
      time: 2,
      run: 1,
      step: 'init.make-device-nodes',
      type: 'call',
      actor: 'stage',
      name: 'mknodat',
      args: [6, 'null', 0o20666, 259],
      ret: 0,
      ns: 1,
    },
  ];
  assert.equal(differing(made('259'), made('4711')), []);
});

test('with --memory the limits are written, and nothing else differs: ids, pids, descriptors, inodes, addresses and times count for nothing', () => {
  const rows = differing(run('plain'), run('memory'));
  assert.equal(
    rows.map(({ step, of }) => `${step} ${of}`),
    ['create.limits both'],
  );
  const [{ differences }] = rows as [(typeof rows)[0]];
  assert.ok(differences.every(({ a }) => a === undefined));
  assert.match(differences.map(({ b }) => b!.text).join('\n'), /write\(".*memory\.limit_in_bytes", "67108864"\)/);
  assert.match(
    differences
      .filter(({ kind }) => kind === 'fact')
      .map(({ b }) => b!.text)
      .join('\n'),
    /memory\.limit_in_bytes is 67108864/,
  );
});

test('as another user it becomes that user, and its home is another', () => {
  const rows = differing(run('plain'), run('user'));
  assert.equal(
    rows.map(({ step }) => step),
    ['init.set-user', 'init.execve'],
  );
  const uid = rows[0]!.differences.find(({ a }) => a?.text.includes('setresuid'))!;
  assert.equal([uid.a!.text, uid.b!.text], ['stage setresuid(0, 0, 0)', 'stage setresuid(33, 33, 33)']);
  assert.match(rows[1]!.differences[0]!.b!.text, 'HOME=/var/www');
});

test('without a network only the first has its steps, in their place', () => {
  const [a, b] = [run('plain'), run('no-network')];
  const rows = differing(a, b).filter(({ of }) => of === 'a');
  assert.ok(rows.some(({ step }) => step === 'network.create-veth'));
  assert.ok(
    rows.every(({ step }) => /^(network|exit)\./.test(step)),
    rows.map(({ step }) => step).join(),
  );
  const steps = compareRuns(a, b).map(({ step }) => step);
  assert.ok(steps.indexOf('network.create-veth') < steps.indexOf('network.write-hosts'));
  assert.equal(
    compareRuns(b, a)
      .filter(({ of }) => of === 'b')
      .map(({ step }) => step),
    rows.map(({ step }) => step),
  );
});

test('each difference says where it is in its own journal', () => {
  const [a, b] = [run('plain'), run('user')];
  for (const { differences, at } of differing(a, b)) {
    for (const one of differences) {
      if (one.kind === 'call')
        for (const [side, journal] of [
          [one.a, a],
          [one.b, b],
        ] as const)
          if (side) assert.is(journal[side.seq]!.type, 'call');
    }
    assert.is(a[at.a!]!.type, 'step');
    assert.is(b[at.b!]!.type, 'step');
  }
});

test('an empty journal is one without steps', () => {
  assert.equal(compareRuns([], []), []);
  assert.ok(compareRuns([], run('plain')).every(({ of }) => of === 'b'));
});

test('pieces put together are both lists, and what they have in common is as long as it can be', () => {
  const random = (seed: number) =>
    Array.from({ length: 12 }, (_, j) => 'abc'[(seed * 7919 + j * j * 31 + (seed >> j)) % 3]!);
  for (let seed = 1; seed < 60; seed++) {
    const [a, b] = [random(seed), random(seed * 3 + 1)];
    const pieces = align(a, b, (one, other) => one === other);
    assert.equal(
      pieces.flatMap((piece) => (piece.same ? piece.pairs.map(([one]) => one) : piece.a)),
      a,
    );
    assert.equal(
      pieces.flatMap((piece) => (piece.same ? piece.pairs.map(([, other]) => other) : piece.b)),
      b,
    );
    const length = (i: number, j: number): number =>
      i === a.length || j === b.length
        ? 0
        : a[i] === b[j]
          ? 1 + length(i + 1, j + 1)
          : Math.max(length(i + 1, j), length(i, j + 1));
    assert.is(
      pieces.reduce((sum, piece) => sum + (piece.same ? piece.pairs.length : 0), 0),
      length(0, 0),
      `${a.join('')} ${b.join('')}`,
    );
  }
});

test.run();
