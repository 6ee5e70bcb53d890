/** A name server that cannot do its work ends, with a status that tells why. The tests run the real program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { AF, SOCK } from '../../runtime/syscalls/constants.ts';
import { LinuxKernel } from '../../runtime/kernel/linux/linux.ts';
import { readyPair, untilBegun } from '../../runtime/network/begun.ts';
import { addon, executablePath } from '../../runtime/syscalls/native.ts';
import { sockaddr } from '../../runtime/network/ports/sockaddr.ts';
import { suite } from '../harness.ts';
import { parseAnswer, query } from './dns-message.ts';

const test = suite('start of a name server', 'root', 'unshare', 'prlimit');
const k = new LinuxKernel();
const ID = 'a'.repeat(64);
const PORT = 40953;
const root = mkdtempSync('/tmp/ddtest-names-');
test.after(() => rmSync(root, { recursive: true, force: true }));

/** Descriptors from 3 on; `ready` is the last one. */
async function descriptors(
  table: string | undefined,
  container: number | undefined,
  more: Record<string, string> = {},
) {
  const directory = `${root}/${String(Math.random())}`;
  mkdirSync(directory);
  if (table !== undefined) writeFileSync(`${directory}/${ID}`, table);
  for (const [name, content] of Object.entries(more)) writeFileSync(`${directory}/${name}`, content);
  const [ours, theirs] = await readyPair(k);
  const fds = [
    openSync(directory, 'r'),
    container ?? openSync('/dev/null', 'r'),
    await k.daemon.socket(AF.AF_INET, SOCK.SOCK_DGRAM | SOCK.SOCK_CLOEXEC, 0),
    await k.daemon.socket(AF.AF_INET, SOCK.SOCK_STREAM | SOCK.SOCK_CLOEXEC, 0),
    theirs,
  ];
  return { ours, fds };
}

const connected = () =>
  new Promise<Socket>((resolve, reject) => {
    const socket: Socket = connect(PORT, '127.0.0.1', () => resolve(socket)).on('error', reject);
  });
/** Hundredths of a second that it has used. */
function ticksOf(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13);
  return Number(user) + Number(system);
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('exit', (status) => resolve(status)));

async function statusOf(table: string | undefined, wrapper: string[] = [], container?: number): Promise<number | null> {
  const { ours, fds } = await descriptors(table, container);
  const [command, ...args] = [...wrapper, executablePath('name-server'), ID];
  const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'inherit', ...fds] });
  const status = await ended(child);
  for (const fd of [ours, ...fds]) closeSync(fd);
  return status;
}

test('without its table, a namespace or events it ends', async () => {
  assert.is(await statusOf(undefined), 65, 'no table');
  assert.is(await statusOf('server 192.0.2.1\ninside\n'), 66, 'the descriptor is of no process');
  assert.is(await statusOf('server 192.0.2.1\n'), 67, 'the descriptor cannot be watched');
});

test('it does not answer with rights that it could not give up', async () => {
  const pidfd = await k.daemon.pidfd_open(process.pid, 0);
  assert.is(await statusOf('server 192.0.2.1\n', ['unshare', '-r', '--'], pidfd), 68);
});

test('a port proxy does not go on with rights that it could not give up, and the daemon is told', async () => {
  const pidfd = await k.daemon.pidfd_open(process.pid, 0);
  const begin = async (wrapper: string[]) => {
    const [ours, theirs] = await readyPair(k);
    const nothing = openSync('/dev/null', 'r');
    const child = spawn(wrapper[0]!, [...wrapper.slice(1), executablePath('port-proxy'), ID], {
      stdio: ['ignore', 'ignore', 'inherit', theirs, nothing, pidfd],
    });
    for (const fd of [theirs, nothing]) closeSync(fd);
    const status = ended(child);
    const said = (await k.daemon.recvfrom(ours, 1, 0)).length;
    closeSync(ours);
    child.kill('SIGKILL');
    return [said, await status];
  };
  assert.equal(await begin(['unshare', '-r', '--']), [0, 68]);
  assert.equal(await begin(['env', '--']), [1, null]);
  await k.daemon.close(pidfd);
});

test('the daemon waits until it is ready, and says why it ended instead', async () => {
  const begin = async (table: string, container: number | undefined) => {
    const { ours, fds } = await descriptors(table, container);
    const pid = addon().spawn(executablePath('name-server'), ['drydock-name-server', ID], [0, 1, 2, ...fds]);
    for (const fd of fds) closeSync(fd);
    let reaped = false;
    const said = await untilBegun(k, { name: 'name server', pid }, ours, () => (reaped = true)).then(
      () => 'ready',
      (error: Error) => error.message,
    );
    closeSync(ours);
    if (!reaped) {
      process.kill(pid, 'SIGKILL');
      await k.daemon.waitid(1, pid, 128, 4);
    }
    return said.replace(String(pid), 'PID');
  };
  assert.is(await begin('server 192.0.2.1\n', await k.daemon.pidfd_open(process.pid, 0)), 'ready');
  assert.is(
    await begin('inside\n', undefined),
    "name server PID ended with status 66: it may not enter the container's network namespace",
  );
});

test('without descriptors it rests, and takes the connection when it has some', async () => {
  const { ours, fds } = await descriptors('network n front\n', await k.daemon.pidfd_open(process.pid, 0), {
    n: '192.0.2.9 web\n',
  });
  const streams = fds[3]!;
  await k.run({ actor: 'daemon', name: 'bind', args: [streams, sockaddr('127.0.0.1', PORT)] });
  await k.daemon.listen(streams, 8);
  // 0 to 8: those that it is given, without the one that it closes then; epoll; one connection
  const command = ['--nofile=9', '--', executablePath('name-server'), ID];
  const child = spawn('prlimit', command, { stdio: ['ignore', 'ignore', 'inherit', ...fds] });
  for (const fd of fds) closeSync(fd);
  const first = await connected();
  const second = await connected();
  try {
    const asked = query('web', 'A');
    second.write(Buffer.concat([Buffer.from([0, asked.length]), asked]));
    const answer = new Promise<Buffer>((resolve) => second.once('data', resolve));
    const before = ticksOf(child.pid!);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.ok(ticksOf(child.pid!) - before < 2, `it spins: ${ticksOf(child.pid!) - before} of 100 ticks`);
    assert.is(second.bytesRead, 0, 'it could take both');
    first.destroy();
    assert.equal(parseAnswer((await answer).subarray(2)).data, ['192.0.2.9']);
  } finally {
    first.destroy();
    second.destroy();
    const end = ended(child);
    child.kill('SIGKILL');
    await end;
    closeSync(ours);
  }
});

test.run();
