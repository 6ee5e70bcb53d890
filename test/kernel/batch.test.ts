/**
 * The same calls batched in one message and one by one: their effects, their events, and where a failure stops them.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { NewEvent } from '../../runtime/journal/event.ts';
import { eventOf } from '../../runtime/journal/lazy-event.ts';
import { AF, AT_FDCWD, O, SOCK } from '../../runtime/syscalls/constants.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import { LinuxKernel, type Observer } from '../../runtime/kernel/linux/linux.ts';
import { addon, executablePath } from '../../runtime/syscalls/native.ts';
import type { BatchCalls } from '../../runtime/kernel/batch.ts';
import { suite } from '../harness.ts';

const test = suite('calls that are made together');
const work = mkdtempSync('/tmp/ddtest-together-');
const daemon = new LinuxKernel().daemon;
const ends: (() => Promise<unknown>)[] = [];
test.after(async () => {
  for (const end of ends) await end();
  rmSync(work, { recursive: true, force: true });
});

/**
 * A kernel with a stage without a container, and the recorded events of its calls. `holding`: names of calls that a
 * breakpoint holds.
 */
async function stage(holding: readonly string[] = []) {
  const fds = await daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_SEQPACKET | SOCK.SOCK_CLOEXEC, 0, 8);
  const [ours, theirs] = [fds.readInt32LE(0), fds.readInt32LE(4)];
  const pid = addon().spawn(executablePath('stage'), ['stage'], [0, 1, 2, theirs]);
  await daemon.close(theirs);
  ends.push(async () => (await daemon.close(ours), daemon.waitid(1, pid, 128, 4)));
  const told: NewEvent[] = [];
  const held: string[] = [];
  const observer: Observer = {
    holds: (name) => holding.includes(name),
    beforeCall: (call: Call) =>
      holding.includes(call.name) ? (held.push(`${call.name} after ${told.length}`), Promise.resolve()) : undefined,
    event: (event) => void told.push(eventOf(event)),
  };
  const k = new LinuxKernel(observer);
  k.connect('stage', ours);
  const lines = () =>
    told.flatMap((event) =>
      event.type === 'call'
        ? [
            `${event.name}(${event.args.map((arg) => JSON.stringify(arg)).join(' ')}) ${event.errno ?? event.ret}${event.note ? ` ${event.note}` : ''}`,
          ]
        : [],
    );
  return { k, told, held, lines, ours };
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error & { code?: string; syscall?: string },
  );
let made = 0;
const fresh = () => `${work}/${made++}`;

const everything = (path: string) => (s: BatchCalls) => {
  s.mkdirat(AT_FDCWD, path, 0o755);
  const dir = s.openat(AT_FDCWD, path, O.O_PATH | O.O_CLOEXEC, 0);
  s.mkdirat(dir, 'below', 0o755).noted('a name below it');
  s.mkdirat(AT_FDCWD, `${path}/below`, 0o755).mayFail('EEXIST');
  const nothing = s.openat(dir, 'nothing', O.O_PATH, 0).mayFail('ENOENT', 'ENOTDIR');
  s.close(nothing);
  s.chdir(dir);
  const name = s.readlinkat(AT_FDCWD, '/proc/self/cwd', 4096);
  s.chdir('/');
  s.close(dir);
  return { dir, nothing, name };
};

test('is the same in one message and one by one: what is made, what comes back, and what is told', async () => {
  const outcomes: unknown[] = [];
  for (const holding of [[], ['close']]) {
    const s = await stage(holding);
    const path = fresh();
    const { dir, nothing, name } = await s.k.batch(everything(path));
    assert.is(name.reply?.out.toString(), path);
    assert.equal([nothing.reply, readdirSync(path)], [undefined, ['below']]);
    outcomes.push(
      s.lines().map((line) => line.replaceAll(path, 'DIR')),
      dir.reply?.ret,
    );
  }
  assert.equal(outcomes.slice(0, 2), outcomes.slice(2));
  assert.equal(outcomes[0], [
    'mkdirat(-100 "DIR" 493) 0',
    'openat(-100 "DIR" 2621440 0) 4'.replace('2621440', String(O.O_PATH | O.O_CLOEXEC)),
    'mkdirat(4 "below" 493) 0 a name below it',
    'mkdirat(-100 "DIR/below" 493) EEXIST',
    `openat(4 "nothing" ${O.O_PATH} 0) ENOENT`,
    'chdir("/proc/self/fd/4") 0',
    `readlinkat(-100 "/proc/self/cwd" 4096) ${(outcomes[0] as string[])[6]!.split(' ').pop()}`,
    'chdir("/") 0',
    'close(4) 0',
  ]);
});

test('somebody who steps through them is asked before each, with the ones before already made', async () => {
  const s = await stage(['mkdirat', 'close']);
  await s.k.batch(everything(fresh()));
  assert.equal(s.held, ['mkdirat after 0', 'mkdirat after 2', 'mkdirat after 3', 'close after 8']);
});

for (const holding of [[], ['umask']]) {
  test(`ends with the first failure, ${holding.length ? 'one by one' : 'in one message'}: what comes after it is not made and not told`, async () => {
    const s = await stage(holding);
    const path = fresh();
    const error = await failure(
      s.k.batch((stage) => {
        stage.umask(0);
        stage.mkdirat(AT_FDCWD, '/nothing/here', 0o755).mayFail('EEXIST');
        stage.mkdirat(AT_FDCWD, path, 0o755);
      }),
    );
    assert.equal([error.code, error.syscall, existsSync(path), s.lines().length], ['ENOENT', 'mkdirat', false, 2]);
    assert.match(error.message, 'mkdirat(AT_FDCWD, "/nothing/here", 0755)');
    assert.type(await s.k.stage.getpid(), 'number', 'the stage goes on');
  });
}

test('each has its own duration and its own time, one after the other', async () => {
  const s = await stage();
  const before = performance.timeOrigin + performance.now();
  await s.k.batch((stage) => [...Array(20).keys()].forEach(() => stage.statx(AT_FDCWD, '/', 0, 0x7ff, 256)));
  const times = s.told.map(({ time }) => time ?? 0);
  assert.equal(
    [...times].sort((a, b) => a - b),
    times,
  );
  assert.ok(times[0]! >= before && times.at(-1)! <= performance.timeOrigin + performance.now());
  assert.ok(
    s.told.every((event) => event.type === 'call' && event.ns > 0),
    'a call takes time',
  );
});

test('more than fit one message are made one by one', async () => {
  const s = await stage();
  await s.k.batch((stage) => [...Array(300).keys()].forEach(() => stage.getpid()));
  await s.k.batch((stage) =>
    [...Array(3).keys()].forEach(() => stage.write_file('/dev/null', 0, 0, Buffer.alloc(100_000))),
  );
  assert.is(s.told.length, 303);
});

test('nothing together is nothing', async () => {
  const s = await stage();
  assert.is(await s.k.batch(() => 'what was returned'), 'what was returned');
  assert.is(s.told.length, 0);
});

test('a stage that has gone is the failure of the first of them', async () => {
  const s = await stage();
  await failure(s.k.stage.exit_group(0));
  assert.equal(
    [(await failure(s.k.batch((stage) => (stage.umask(0), stage.chdir('/'))))).syscall, s.lines().at(-1)],
    ['umask', 'umask(0) EPIPE'],
  );
});

/** Encodes struct request of native/wire.h. */
function request(name: string, args: readonly number[], { size = 64, later = 0, data = Buffer.alloc(0) } = {}): Buffer {
  const head = Buffer.alloc(64);
  head.writeUInt32LE(9, 0);
  head.writeUInt16LE(
    addon()
      .operations()
      .findIndex(([op]) => op === name),
    4,
  );
  head.writeUInt16LE(later, 6);
  head.writeUInt32LE(size, 8);
  args.forEach((value, n) => head.writeBigInt64LE(BigInt(value), 16 + 8 * n));
  return Buffer.concat([head, data]);
}
const rets = (replies: Buffer): number[] =>
  [...Array(replies.length / 24).keys()].map((j) => Number(replies.readBigInt64LE(24 * j + 8)));
const [EPROTO, EBADF, ENOENT] = [71, 9, 2];

for (const [what, message, want] of [
  [
    'a request that says it is longer than the message',
    () => [request('getpid', []), request('getpid', [], { size: 72 })],
    [1, -EPROTO],
  ],
  ['one that says it is shorter than a request', () => [request('umask', [0o22], { size: 8 })], [-EPROTO]],
  [
    'one whose end is not where the next may begin',
    () => [request('getpid', [], { size: 65 }), request('getpid', [])],
    [-EPROTO],
  ],
  [
    'an argument that a later call would return',
    () => [request('close', [1], { later: 1 }), request('getpid', [])],
    [-EPROTO],
  ],
  ['one that its own call would return', () => [request('close', [0], { later: 1 })], [-EPROTO]],
  ['one from before the message', () => [request('close', [-1], { later: 1 })], [-EPROTO]],
  [
    'bytes that an earlier call would return',
    () => [request('getpid', []), request('write', [1, 0, 0], { later: 2 })],
    [1, -EPROTO],
  ],
  ['a failure in the middle', () => [request('close', [-1]), request('getpid', [])], [-EBADF]],
  [
    'a number that an earlier call returned',
    () => [request('getpid', []), request('close', [0], { later: 1 })],
    [1, -EBADF],
  ],
  [
    'the path of a descriptor that is not open',
    () => [request('getpid', []), request('chdir', [0], { later: 1 })],
    [1, -ENOENT],
  ],
] as [string, () => Buffer[], number[]][]) {
  test(`of a message with ${what} the stage answers as much as it made, and goes on`, async () => {
    const s = await stage();
    await daemon.sendto(s.ours, Buffer.concat(message()), 0, null);
    const answered = rets(await daemon.recvfrom(s.ours, 4096, 0));
    assert.equal(
      answered.map((ret) => (ret > 0 ? 1 : ret)),
      want,
    );
    assert.type(await s.k.stage.getpid(), 'number');
  });
}

test.run();
