import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { eventOf } from '../../runtime/journal/lazy-event.ts';
import { AT_FDCWD, O } from '../../runtime/syscalls/constants.ts';
import { LinuxKernel } from '../../runtime/kernel/linux/linux.ts';
import { addon } from '../../runtime/syscalls/native.ts';
import { syscalls } from '../../runtime/syscalls/syscalls.ts';
import { suite } from '../harness.ts';
import { ask, endStages, failure, k, numberOf, pair, request, stage } from './bare-stage.ts';

const test = suite('native addon and the wire');
const work = mkdtempSync('/tmp/ddtest-native-');
test.after(async () => {
  await endStages();
  rmSync(work, { recursive: true, force: true });
});
const [EPROTO, E2BIG, EFAULT, ENOSYS, EINVAL] = [71, 7, 14, 38, 22];

test('the addon knows exactly the operations that can be asked for', () => {
  assert.equal(
    addon()
      .operations()
      .map(([name]) => name)
      .sort(),
    Object.keys(syscalls).sort(),
  );
});

test('a stage answers the request that it was sent', async () => {
  const { fd, pid } = await stage();
  assert.equal(await ask(fd, request(numberOf('getpid'), [], undefined, 4_000_000_000)), {
    seq: 4_000_000_000,
    ret: pid,
    out: Buffer.alloc(0),
  });
});

test('numbers of no operation are refused, and the stage goes on', async () => {
  const s = await stage();
  for (const op of [addon().operations().length, 1000, 65535])
    assert.is((await ask(s.fd, request(op))).ret, -EPROTO, String(op));
  assert.is(await s.k.stage.getpid(), s.pid);
});

test('what is shorter than a request is refused', async () => {
  const s = await stage();
  for (const length of [1, 6, 63])
    assert.is((await ask(s.fd, request(numberOf('getpid')).subarray(0, length))).ret, -EPROTO, String(length));
  assert.is(await s.k.stage.getpid(), s.pid);
});

test('what is longer than a message may be is refused, and what is as long is not', async () => {
  const s = await stage();
  const most = 192 * 1024;
  // dd sends it, because the addon refuses messages of this length. A message of zeros asks for an open of the empty
  // path.
  for (const [length, ret] of [
    [most, -2],
    [most + 1, -E2BIG],
  ] as const) {
    execFileSync('dd', ['if=/dev/zero', `bs=${length}`, 'count=1'], { stdio: ['ignore', s.fd, 'ignore'] });
    assert.is(Number((await k.daemon.recvfrom(s.fd, 1024, 0)).readBigInt64LE(8)), ret, String(length));
  }
  assert.is(await s.k.stage.getpid(), s.pid);
});

test('offsets outside of the message name nothing', async () => {
  const { fd } = await stage();
  const openat = numberOf('openat');
  for (const offset of [-1, 1, 5, 1 << 20, -5000, 2 ** 40])
    assert.is(
      (await ask(fd, request(openat, [AT_FDCWD, offset, 0, 0], Buffer.from([0])))).ret,
      -EFAULT,
      String(offset),
    );
});

test('a string without an end ends with its message', async () => {
  const s = await stage();
  writeFileSync(`${work}/a`, '');
  const path = Buffer.from(`${work}/a`);
  // The buffer still contains this message, which would extend the next path to another name.
  await ask(s.fd, request(numberOf('getpid'), [], Buffer.from(`${'x'.repeat(path.length)}b\0`)));
  const { ret } = await ask(s.fd, request(numberOf('openat'), [AT_FDCWD, 0, 0, 0], path));
  assert.ok(ret > 3, `openat said ${ret}`);
});

test('room for an answer that no buffer has is refused', async () => {
  const { fd } = await stage();
  for (const room of [128 * 1024 + 1, -1, 2 ** 40])
    assert.is((await ask(fd, request(numberOf('read'), [0, room, room]))).ret, -E2BIG, String(room));
});

test('vectors that are not wholly in the message, or nowhere, are refused', async () => {
  const { fd } = await stage();
  const many = Buffer.alloc(64);
  for (const count of [7n, 8n, 8193n, 2n ** 61n, 2n ** 64n - 1n]) {
    many.writeBigUInt64LE(count);
    for (const args of [
      [0, 0, 0],
      [0, -1, -1],
      [0, 5000, 0],
      [0, 1, 0],
      [0, 56, 0],
    ]) {
      assert.is((await ask(fd, request(numberOf('execve'), args, many))).ret, -EPROTO, `${count}: ${args.join()}`);
    }
  }
  assert.is((await ask(fd, request(numberOf('seccomp'), [1, 0, -1]))).ret, -EINVAL);
});

test('operations of the shim are not known to the stage', async () => {
  const { fd } = await stage();
  for (const name of ['clone3_stage', 'take_master', 'watch_child', 'release'])
    assert.is((await ask(fd, request(numberOf(name), [0, 0, 0]))).ret, -ENOSYS, name);
});

test('the end of the socket ends the stage', async () => {
  const s = await stage();
  assert.ok(existsSync(`/proc/${s.pid}`));
  await s.wait();
  assert.not.ok(existsSync(`/proc/${s.pid}`));
});

test('of an answer only what was read comes back, and what is whole comes whole', async () => {
  const { k: at } = await stage();
  writeFileSync(`${work}/file`, 'contents');
  assert.is((await at.stage.read_file(`${work}/file`, 100)).toString(), 'contents');
  assert.is((await at.stage.read_file(`${work}/file`, 3)).toString(), 'con');
  assert.is((await at.stage.read_file('/dev/zero', 128 * 1024)).length, 128 * 1024);
  assert.is((await at.stage.statx(AT_FDCWD, work, 0, 0x7ff, 256)).length, 256);
});

for (const actor of ['daemon', 'stage'] as const) {
  test(`what cannot be sent is refused before it is, from the ${actor}`, async () => {
    const at = actor === 'stage' ? (await stage()).k : k;
    const calls = at[actor];
    assert.match(
      (await failure(calls.openat(AT_FDCWD, '/etc/passwd\0.txt', 0, 0))).message,
      'a NUL byte inside a string',
    );
    assert.match(
      (await failure(calls.openat(AT_FDCWD, Buffer.from('/etc/passwd\0.txt'), 0, 0))).message,
      'a NUL byte inside a string',
    );
    assert.match((await failure(calls.execve('/bin/true', ['a\0b'], []))).message, 'a NUL byte inside a string');
    assert.match(
      (await failure(calls.write_file('/dev/null', 0, 0, Buffer.alloc(64 * 1024 * 1024)))).message,
      'too long',
    );
    assert.match((await failure(calls.read_file('/dev/zero', 128 * 1024 + 1))).message, 'more room than OUT_MAX');
    assert.match((await failure(calls.close('1' as unknown as number))).message, 'not a number');
    assert.match((await failure(calls.chdir(3 as unknown as string))).message, 'wrong type');
    assert.is((await failure(calls.close(-1))).code, 'EBADF');
  });
}

test('bytes may hold zeros, and a path need not be UTF-8', async () => {
  const path = Buffer.concat([Buffer.from(`${work}/`), Buffer.from([0xff, 0xfe])]);
  await k.daemon.write_file(path, O.O_CREAT, 0o600, Buffer.from([0, 1, 0, 2]));
  assert.equal([...(await k.daemon.read_file(path, 10))], [0, 1, 0, 2]);
});

test('an answer from inside a container is believed in no length', async () => {
  for (const lie of [Buffer.alloc(0), Buffer.alloc(8), reply(100), reply(-1), reply(0x7fffffff)]) {
    const [ours, theirs] = await pair();
    const asking = new LinuxKernel();
    asking.connect('stage', ours);
    await k.daemon.sendto(theirs, lie, 0, null);
    assert.is((await failure(asking.stage.getpid())).code, 'EPIPE', `${lie.length} bytes`);
    await k.daemon.close(theirs);
    await k.daemon.close(ours);
  }
});
/** Encodes struct reply with a wrong outlen. */
function reply(outlen: number): Buffer {
  const head = Buffer.alloc(24);
  head.writeInt32LE(outlen, 4);
  return head;
}

test('a stage that has gone is an error, but for execve, where it is the success', async () => {
  const [ours, theirs] = await pair();
  const asking = new LinuxKernel();
  asking.connect('stage', ours);
  await k.daemon.close(theirs);
  assert.is((await failure(asking.stage.getpid())).code, 'EPIPE');
  assert.is(await asking.stage.execve('/bin/true', [], []), 0);
  await k.daemon.close(ours);
});

test('an answer that takes its time holds up nobody else', async () => {
  const [ours, theirs] = await pair();
  const asking = new LinuxKernel();
  asking.connect('stage', ours);
  const answer = asking.stage.getpid();
  await new Promise((resolve) => setImmediate(resolve));
  const late = reply(0);
  late.writeBigInt64LE(42n, 8);
  await k.daemon.sendto(theirs, late, 0, null);
  assert.is(await answer, 42);
  await k.daemon.close(theirs);
  await k.daemon.close(ours);
});

test('without a stage there is nobody to ask', async () => {
  assert.match((await failure(new LinuxKernel().stage.getpid())).message, 'there is no stage to ask');
});

test('every call is told with its arguments, its errno and its time; bytes are cut', async () => {
  const told: unknown[] = [];
  const telling = new LinuxKernel({
    beforeCall: () => undefined,
    holds: () => false,
    event: (event) => void told.push({ ...eventOf(event), ns: 0, time: 0 }),
  });
  await failure(telling.daemon.openat(AT_FDCWD, '/nothing/here', 0, 0));
  await telling.daemon.write_file('/dev/null', 0, 0, Buffer.alloc(600));
  assert.equal(told, [
    {
      type: 'call',
      actor: 'daemon',
      name: 'openat',
      args: [AT_FDCWD, '/nothing/here', 0, 0],
      ret: -2,
      ns: 0,
      time: 0,
      errno: 'ENOENT',
    },
    {
      type: 'call',
      actor: 'daemon',
      name: 'write_file',
      args: ['/dev/null', 0, 0, { hex: '00'.repeat(512), length: 600 }],
      ret: 600,
      ns: 0,
      time: 0,
    },
  ]);
});

test('a call that is held back is not made before it is let go, and not at all when it is aborted', async () => {
  let let_go: () => void = () => undefined;
  const held = new LinuxKernel({
    beforeCall: () => new Promise<void>((resolve) => (let_go = resolve)),
    holds: () => true,
    event: () => undefined,
  });
  const making = held.daemon.mkdirat(AT_FDCWD, `${work}/made`, 0o700);
  assert.is((await failure(k.daemon.statx(AT_FDCWD, `${work}/made`, 0, 1, 256))).code, 'ENOENT');
  let_go();
  await making;
  await k.daemon.statx(AT_FDCWD, `${work}/made`, 0, 1, 256);
  const aborted = new LinuxKernel({
    beforeCall: () => Promise.reject(new Error('aborted')),
    holds: () => true,
    event: () => undefined,
  });
  assert.match((await failure(aborted.daemon.mkdirat(AT_FDCWD, `${work}/never`, 0o700))).message, 'aborted');
  assert.is((await failure(k.daemon.statx(AT_FDCWD, `${work}/never`, 0, 1, 256))).code, 'ENOENT');
});

test("an abort before a close of the daemon's own closes all the same: nobody would do it later", async () => {
  const aborted = new LinuxKernel({
    beforeCall: () => Promise.reject(new Error('aborted')),
    holds: () => true,
    event: () => undefined,
  });
  const fd = openSync('/dev/null', 'r');
  assert.match((await failure(aborted.daemon.close(fd))).message, 'aborted');
  assert.throws(() => closeSync(fd), /EBADF/);
});

test.run();
