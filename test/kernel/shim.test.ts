import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { AT_FDCWD, CLONE, O } from '../../runtime/syscalls/constants.ts';
import { FRAME } from '../../runtime/container/io/tap.ts';
import { closeLive } from '../../runtime/executor/stage/create/process.ts';
import { handOverTerminal, openTerminal } from '../../runtime/executor/stage/init/terminal.ts';
import { suite } from '../harness.ts';
import { descriptorsOf, endAll, isAlive, PIPES, RealShim, statusOf, WITH_STDIN } from './real-shim.ts';
import { until } from '../until.ts';

const test = suite('shim and stage, for real', 'root');
test.after(endAll);
const sum = (data: Buffer) => createHash('sha256').update(data).digest('hex');
const ended = (shim: RealShim) => until('the exit file', () => shim.exit !== undefined);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as { code?: string },
  );

test('how the program ended stands in the exit file, as wait(2) told it', async () => {
  const shim = await RealShim.start(PIPES, CLONE.CLONE_NEWPID);
  const before = Date.now();
  await shim.sh('exit 7');
  await ended(shim);
  const [status, ns] = shim.exit!.trim().split(' ').map(Number);
  assert.is(status, 7 << 8);
  assert.ok(ns! / 1e6 >= before - 1 && ns! / 1e6 <= Date.now() + 1, shim.exit);
  await until('the shim has gone', () => !isAlive(shim.live.shimPid!));
});

test('a program that was killed has the signal in its status', async () => {
  const shim = await RealShim.start();
  await shim.sh('kill -TERM $$');
  await ended(shim);
  assert.match(shim.exit!, /^15 \d+\n$/);
});

test('what it writes is in the log, by stream and with its time, though nobody listens', async () => {
  const shim = await RealShim.start();
  await shim.sh('echo out; echo err >&2; printf more');
  await ended(shim);
  assert.equal([shim.logged(1), shim.logged(2)], ['out\nmore', 'err\n']);
  const now = BigInt(Date.now()) * 1_000_000n;
  assert.ok(shim.log.every(({ ns }) => ns <= now + 1_000_000n && ns > now - 60_000_000_000n));
});

test('who listens gets each stream by itself, and the end after the last of it', async () => {
  const shim = await RealShim.start();
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  for (let n = 0; n < 2; n++) await shim.k.shim.getpid();
  await shim.sh('echo out; echo err >&2');
  await until('the end', () => heard.ended);
  assert.equal([Buffer.concat(heard.out).toString(), Buffer.concat(heard.err).toString()], ['out\n', 'err\n']);
  assert.ok(shim.exit, 'the exit file is there before the tap ends');
});

test('stdin comes through, and closing it ends a program that reads to the end', async () => {
  const shim = await RealShim.start(WITH_STDIN);
  const heard = await shim.listen();
  await shim.execute('/bin/cat');
  for (const text of ['one ', '', 'two']) await heard.tap.send(FRAME.stdin, Buffer.from(text));
  await until('it came back', () => shim.logged() === 'one two');
  assert.ok(isAlive(shim.live.pid!));
  await heard.tap.send(FRAME.closeStdin);
  await ended(shim);
  assert.match(shim.exit!, /^0 /);
});

test('output that is not read yet outlives stdin that is sent after the program has ended', async () => {
  const shim = await RealShim.start(WITH_STDIN);
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  for (let n = 0; n < 2; n++) await shim.k.shim.getpid();
  heard.tap.socket.pause();
  await shim.sh('read line; echo "$line"');
  await heard.tap.send(FRAME.stdin, Buffer.from('hello\n'));
  await ended(shim);
  // enough for a shim that does not wait for the daemon's FIN to end
  await sleep(100);
  await heard.tap.send(FRAME.closeStdin);
  heard.tap.socket.resume();
  await until('the end', () => heard.ended);
  assert.is(Buffer.concat(heard.out).toString(), 'hello\n');
  await until('the shim has gone', () => !isAlive(shim.live.shimPid!));
});

test('a shim whose program has ended ends when its daemon dies, though the output was not read', async () => {
  const shim = await RealShim.start();
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  for (let n = 0; n < 2; n++) await shim.k.shim.getpid();
  heard.tap.socket.pause();
  await shim.sh('echo out');
  await ended(shim);
  assert.ok(isAlive(shim.live.shimPid!), 'the shim waits for the daemon');
  heard.tap.close();
  await until('the shim has gone', () => !isAlive(shim.live.shimPid!));
});

test('without stdin a program reads the end of a file at once', async () => {
  const shim = await RealShim.start();
  await shim.execute('/bin/cat');
  await ended(shim);
  assert.match(shim.exit!, /^0 /);
});

test('a mebibyte goes in and out whole past a tap that does not read, and costs the shim no memory', async () => {
  const shim = await RealShim.start(WITH_STDIN);
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  await shim.execute('/bin/cat');
  const data = randomBytes(1 << 20);
  heard.tap.socket.pause();
  let sent = 0;
  const sending = (async () => {
    for (; sent < data.length; sent += 32 * 1024)
      await heard.tap.send(FRAME.stdin, data.subarray(sent, sent + 32 * 1024));
    await heard.tap.send(FRAME.closeStdin);
  })();
  // Log and tap receive the same data: when the tap is full, the program waits.
  await until('the tap is full', () => shim.logged().length > 0 && heard.tap.socket.writableLength > 0);
  assert.ok(shim.logged().length < data.length, 'the program waits for the tap');
  assert.is(shim.exit, undefined);
  heard.tap.socket.resume();
  await sending;
  await until('the end', () => heard.ended);
  assert.equal([sum(Buffer.concat(heard.out)), sum(Buffer.from(shim.logged(), 'latin1'))], [sum(data), sum(data)]);
});

test('a shim that works keeps less than a mebibyte resident', async () => {
  const shim = await RealShim.start();
  await shim.sh('head -c 300000 /dev/zero; exec sleep 1000');
  await until('all is logged', () => shim.logged().length === 300_000);
  const resident = parseInt(statusOf(shim.live.shimPid!, 'VmRSS'), 10);
  assert.ok(resident > 0 && resident < 1024, `${resident} kB`);
});

test('when the daemon goes before the release, stage and shim go, and nothing says that a program ended', async () => {
  const shim = await RealShim.start();
  const { shimPid, pid } = shim.live;
  assert.ok(isAlive(shimPid!) && isAlive(pid!));
  await closeLive(shim.k, shim.live);
  await until('both have gone', () => !isAlive(shimPid!) && !isAlive(pid!));
  assert.is(shim.exit, undefined);
});

test('after the release the program and its log live on without the daemon, and a new one hears the rest', async () => {
  const shim = await RealShim.start(WITH_STDIN);
  await shim.sh('echo begun; read line; echo "got $line"; exit 3');
  await closeLive(shim.k, shim.live);
  await until('it has begun', () => shim.logged() === 'begun\n');
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  await heard.tap.send(FRAME.stdin, Buffer.from('word\n'));
  await until('the end', () => heard.ended);
  assert.equal(
    [Buffer.concat(heard.out).toString(), shim.logged(), shim.exit?.split(' ')[0]],
    ['got word\n', 'begun\ngot word\n', String(3 << 8)],
  );
});

test('the newest tap is the right one', async () => {
  const shim = await RealShim.start(WITH_STDIN);
  await shim.execute('/bin/cat');
  const first = await shim.listen();
  await first.tap.send(FRAME.subscribe);
  const second = await shim.listen();
  await until('the first is let go', () => first.ended);
  await second.tap.send(FRAME.subscribe);
  await second.tap.send(FRAME.stdin, Buffer.from('x'));
  await until('the second hears', () => second.out.length > 0);
  assert.equal(
    [first, second].map(({ out }) => Buffer.concat(out).toString()),
    ['', 'x'],
  );
});

test('a tap that goes away while it is full holds nothing back', async () => {
  const shim = await RealShim.start();
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  heard.tap.socket.pause();
  for (let n = 0; n < 2; n++) await shim.k.shim.getpid();
  await shim.sh('head -c 2000000 /dev/zero');
  await until('the log grows', () => shim.logged().length > 0);
  heard.tap.close();
  await ended(shim);
  assert.is(shim.logged().length, 2_000_000);
});

test('a child that keeps the output open does not keep the program from being over', async () => {
  const shim = await RealShim.start();
  await shim.sh('sleep 1000 & echo $!');
  await ended(shim);
  const orphan = Number(shim.logged());
  assert.ok(isAlive(orphan));
  await shim.k.daemon.kill(orphan, 9);
  assert.match(shim.exit!, /^0 /);
});

test('the program starts with three descriptors, no blocked and no ignored signal', async () => {
  const shim = await RealShim.start(WITH_STDIN);
  await shim.execute('/bin/cat');
  // Its answer shows that its libraries are loaded and their descriptors closed.
  await (await shim.listen()).tap.send(FRAME.stdin, Buffer.from('x'));
  await until('it reads', () => shim.logged() === 'x');
  const pid = shim.live.pid!;
  assert.equal(descriptorsOf(pid), ['0', '1', '2']);
  assert.equal(
    ['SigBlk', 'SigIgn'].map((field) => BigInt(`0x${statusOf(pid, field)}`)),
    [0n, 0n],
  );
  assert.equal(
    ['0', '1', '2'].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\d+/, 'n')),
    ['pipe:[n]', 'pipe:[n]', 'pipe:[n]'],
  );
});

test('the shim has no descriptor of the daemon beyond those it was given', async () => {
  const shim = await RealShim.start();
  await shim.sh('exec sleep 1000');
  const fds = descriptorsOf(shim.live.shimPid!).map((fd) =>
    readlinkSync(`/proc/${shim.live.shimPid}/fd/${fd}`).replace(shim.dir, '').replace(/\d+/, 'n'),
  );
  // 0–2 /dev/null, 3 control, 6 the tap's socket, 7 log, 8 directory, then the ends of two pipes and the signalfd.
  assert.equal(
    fds.sort(),
    [
      '/dev/null',
      '/dev/null',
      '/dev/null',
      '/output.log',
      '/r',
      'anon_inode:[signalfd]',
      'pipe:[n]',
      'pipe:[n]',
      'socket:[n]',
      'socket:[n]',
    ].sort(),
  );
});

test('stage and shim run from sealed copies in memory', async () => {
  const shim = await RealShim.start();
  const { k, live } = shim;
  await k.stage.getpid(); // between clone3(2) and execveat(2) it is still a copy of the shim
  for (const [pid, name] of [
    [live.pid!, 'stage'],
    [live.shimPid!, 'shim'],
  ] as const) {
    assert.is(readlinkSync(`/proc/${pid}/exe`), `/memfd:${name} (deleted)`);
    const fd = await k.daemon.openat(AT_FDCWD, `/proc/${pid}/exe`, O.O_CLOEXEC, 0);
    const F_GET_SEALS = 1034;
    assert.is(await k.daemon.fcntl(fd, F_GET_SEALS, 0), 0b1111, 'SEAL, SHRINK, GROW, WRITE');
    await k.daemon.close(fd);
    assert.is(
      (await failure(k.daemon.openat(AT_FDCWD, `/proc/${pid}/exe`, O.O_WRONLY | O.O_CLOEXEC, 0))).code,
      'ETXTBSY',
    );
    assert.is((await failure(k.daemon.write(await k.executable(name), 'x'))).code, 'EPERM');
  }
});

test('signals do not end the shim; its death takes the stage along, but not the program', async () => {
  const before = await RealShim.start();
  for (const signal of [1, 2, 3, 13, 15]) await before.k.daemon.kill(before.live.shimPid!, signal);
  assert.equal([await before.k.shim.getpid(), await before.k.stage.getpid()], [before.live.shimPid, before.live.pid]);
  await before.k.daemon.kill(before.live.shimPid!, 9);
  await until('the stage has gone', () => !isAlive(before.live.pid!));
  const after = await RealShim.start();
  await after.sh('exec sleep 1000');
  await after.k.daemon.kill(after.live.shimPid!, 9);
  await until('the shim has gone', () => !isAlive(after.live.shimPid!));
  assert.ok(isAlive(after.live.pid!));
});

test('a second process is refused', async () => {
  const shim = await RealShim.start();
  assert.is((await failure(shim.k.shim.clone3_stage(0, PIPES, -1))).code, 'EBUSY');
});

test('a terminal: the shim holds the master, the program its slave, and both ways come through', async () => {
  const shim = await RealShim.start(0);
  const slave = await openTerminal(
    shim.k,
    shim,
    { height: 33, width: 99 },
    await shim.k.stage.openat(AT_FDCWD, '/dev', O.O_PATH, 0),
  );
  await handOverTerminal(shim.k, shim, slave);
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  for (let n = 0; n < 2; n++) await shim.k.shim.getpid();
  await shim.sh('stty size; read line; echo "[$line]"; exec tty');
  await until('the size', () => Buffer.concat(heard.out).toString() === '33 99\r\n');
  await heard.tap.send(FRAME.stdin, Buffer.from('hi\n'));
  await until('the end', () => heard.ended);
  assert.match(Buffer.concat(heard.out).toString(), /^33 99\r\nhi\r\n\[hi\]\r\n\/dev\/pts\/\d+\r\n$/);
  assert.match(shim.exit!, /^0 /);
});

test.run();
