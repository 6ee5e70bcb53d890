/** Which entries of a listed context are wanted, and which lists are refused. */
import * as assert from 'uvu/assert';
import { changesOf, type Listed } from '../../runtime/build/context/changes.ts';
import { suite } from '../harness.ts';

const test = suite('changes of a context');
const file = (path: string, tag = '1', rest: Partial<Listed> = {}): Listed => ({
  path,
  tag,
  size: 1,
  directory: false,
  ...rest,
});
const dir = (path: string, tag = 'd'): Listed => file(path, tag, { directory: true, size: 0 });

test('files with another tag are wanted, and the directories in which they are', async () => {
  const { now } = await changesOf(new Map(), [dir('a'), file('a/b'), file('a/c'), dir('d'), file('d/e'), file('f')]);
  assert.is(now.size, 6);
  const later = [dir('a'), file('a/b'), file('a/c', '2'), dir('d'), file('f')];
  const { wanted, gone } = await changesOf(now, later);
  assert.equal([...wanted].map((number) => later[number]!.path).sort(), ['a', 'a/c', 'd']);
  assert.equal(gone, ['d/e']);
});

test('a hard link to a changed file is made again, and a socket in the place of a file removes that', async () => {
  const all = [file('a'), file('b', '1', { first: 'a' }), file('c', '1', { first: 'b' }), file('s')];
  const { now } = await changesOf(new Map(), all);
  const later = [file('a', '2'), ...all.slice(1, 3), file('s', 'socket', { absent: true })];
  const { wanted, gone } = await changesOf(now, later);
  assert.equal([...wanted], [0, 1, 2]);
  assert.equal(gone, ['s']);
});

test('of a removed directory only the directory itself is removed', async () => {
  const { now } = await changesOf(new Map(), [dir('a'), dir('a/b'), file('a/b/c')]);
  assert.equal((await changesOf(now, [])).gone, ['a']);
  assert.equal((await changesOf(now, [file('a')])).gone, ['a/b']);
});

for (const [what, entries] of Object.entries({
  'a path that climbs': [file('../a')],
  'an absolute path': [file('/a')],
  'a path with an empty part': [dir('a'), file('a//b')],
  'a path that comes twice': [file('a'), file('a')],
  'a path below a file': [file('a'), file('a/b')],
  'a path below a link': [file('a', '1'), file('a/b/c')],
  'an empty path': [file('')],
}))
  test(`${what} makes the list one that is refused`, async () => {
    const error = await changesOf(new Map(), entries).catch((cause: Error) => cause);
    assert.instance(error, Error);
  });

test.run();
