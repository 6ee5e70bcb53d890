/** RUN --mount: the flag, and the directories of caches with their locks. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseDockerfile } from '../../runtime/build/dockerfile/parse.ts';
import { CacheDirs, type CacheAsked } from '../../runtime/build/mounts/cache-dirs.ts';
import { mountsOf, type RunMount, type Sharing } from '../../runtime/build/mounts/run-mount.ts';
import { suite } from '../harness.ts';

const test = suite('RUN --mount');
const root = mkdtempSync(join(tmpdir(), 'mounts-'));
let count = 0;
test.after(() => rmSync(root, { recursive: true }));

const read = (...flags: string[]): RunMount[] => {
  const text = `FROM x\nRUN ${flags.map((flag) => `--mount=${flag}`).join(' ')} make\n`;
  const [one] = parseDockerfile(text).stages[0]!.instructions;
  assert.is(one!.rest, 'make');
  return mountsOf(one!, '/w', (word) => word.replace('$V', 'value'));
};

test('each type has its defaults', () => {
  const [bind, cache, tmpfs, secret, ssh] = read(
    'target=a',
    'type=cache,dst=/c/../d,uid=1,mode=0700',
    'type=tmpfs,target=/t,size=2m',
    'type=secret,id=x/$V',
    'type=ssh',
  );
  const common = { source: '', sharing: 'shared', required: false };
  assert.equal(bind, { ...common, type: 'bind', target: '/w/a', id: 'a', readonly: true });
  assert.equal(cache, { ...common, type: 'cache', target: '/d', id: '/d', readonly: false, mode: 0o700, uid: 1 });
  assert.equal(tmpfs, { ...common, type: 'tmpfs', target: '/t', id: '/t', readonly: false, size: 2 << 20 });
  const secretIs = { type: 'secret', target: '/run/secrets/value', id: 'x/value', readonly: true };
  assert.equal(secret, { ...common, ...secretIs });
  const agent = { type: 'ssh', target: '/run/buildkit/ssh_agent.0', id: 'default', readonly: false };
  assert.equal(ssh, { ...common, ...agent });
});

test('a path cannot leave what is mounted, and quotes may hold blanks', () => {
  assert.is(read('type=bind,source=../../etc,target=/x')[0]!.source, 'etc');
  assert.is(read('"type=bind,source=a b,target=/x"')[0]!.source, 'a b');
});

const caches = (most?: { bytes: number; number: number }, dir = join(root, `${count++}`)): CacheDirs =>
  new CacheDirs(dir, most);
const asked = (sharing: Sharing, key = 'k'): CacheAsked => ({
  key,
  sharing,
  description: `cached mount ${key}`,
  begin: () => Promise.resolve(),
});
const never = new AbortController().signal;

test('shared users have one directory, a private one has its own, and both are used again', async () => {
  const dirs = caches();
  const [one, two] = await Promise.all([dirs.hold(asked('shared'), never), dirs.hold(asked('shared'), never)]);
  const alone = await dirs.hold(asked('private'), never);
  assert.is(one.data, two.data);
  assert.is.not(one.data, alone.data);
  assert.ok(existsSync(join(alone.data, '.')));
  for (const held of [one, two, alone]) held.release();
  assert.is((await dirs.hold(asked('private'), never)).data, one.data);
  assert.is((await dirs.hold(asked('private'), never)).data, alone.data);
  assert.equal(
    dirs.list().map(({ inUse }) => inUse),
    [true, true],
  );
});

test('a locked one waits for the other to end, and an aborted build waits no longer', async () => {
  const dirs = caches();
  const first = await dirs.hold(asked('locked'), never);
  const order: string[] = [];
  const second = dirs.hold(asked('locked'), never).then((held) => (order.push('second'), held));
  const gone = new AbortController();
  const third = dirs.hold(asked('locked'), gone.signal).then(
    () => 'held',
    (error: Error) => error.message,
  );
  gone.abort(new Error('the client has gone'));
  assert.is(await third, 'the client has gone');
  order.push('released');
  first.release();
  assert.is((await second).data, first.data);
  assert.equal(order, ['released', 'second']);
});

test('the next daemon has the caches, removes what was half made, and keeps to the bounds', async () => {
  const dir = join(root, `${count++}`);
  const dirs = caches(undefined, dir);
  for (const key of ['a', 'b', 'c']) {
    const held = await dirs.hold(asked('shared', key), never);
    writeFileSync(join(held.data, 'f'), Buffer.alloc(1000));
    held.release();
  }
  await dirs.collect();
  assert.equal(
    dirs.list().map(({ size }) => size >= 1000),
    [true, true, true],
  );
  const [unused] = dirs.list();
  rmSync(join(dir, 'build-mounts', unused!.id, 'data/f'));
  await dirs.collect();
  assert.ok(dirs.list()[0]!.size >= 1000, 'what no RUN has had since is not measured again');
  writeFileSync(join(dir, 'build-mounts', unused!.id, 'data/f'), Buffer.alloc(1000));
  mkdirSync(join(dir, 'build-mounts', `${'0'.repeat(32)}-0`, 'partial'), { recursive: true });
  const next = caches({ bytes: 2500, number: 10 }, dir);
  await next.recover();
  assert.is(readdirSync(join(dir, 'build-mounts')).length, 3);
  const used = await next.hold(asked('shared', 'a'), never);
  assert.is(await next.remove(next.list().find(({ key }) => key === 'a')!.id), false);
  await next.collect();
  assert.is(next.list().length, 2);
  assert.ok(
    next.list().some(({ key }) => key === 'a'),
    'what is in use stays',
  );
  used.release();
});

test('a cache that cannot be filled is not there, and its name is free', async () => {
  const dirs = caches();
  const failing = { ...asked('shared'), begin: () => Promise.reject(new Error('no such stage')) };
  assert.is(await dirs.hold(failing, never).catch((error: Error) => error.message), 'no such stage');
  assert.equal(dirs.list(), []);
  assert.ok((await dirs.hold(asked('locked'), never)).data);
});

test.run();
