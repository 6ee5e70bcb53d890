/** The real docker client's run, exec, attach and start against the server. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Served } from './serve.ts';
import { until } from '../until.ts';

const test = suite('docker run over the Engine API', 'docker');
let s: Served;
test.before(() => void (s = new Served()));
test.after(() => s.close());

test('run prints both streams apart and exits with the code of the container', async () => {
  const ran = await s.docker('run', 'ubuntu', 'sh', '-c', 'echo out; echo err >&2; exit 7');
  assert.equal(ran, { code: 7, out: 'out\n', err: 'err\n' });
});

test('run --rm -i gives stdin to the container and its end of file', async () => {
  const ran = await s.run('docker', ['run', '--rm', '-i', 'ubuntu', 'cat'], { input: 'one\ntwo\n' });
  assert.equal(ran, { code: 0, out: 'one\ntwo\n', err: '' });
});

test('output goes on after a client without -i has closed its half', async () => {
  const ran = await s.docker('run', '--rm', 'ubuntu', 'sh', '-c', 'sleep 0.5; echo late; sleep 0.3; echo later');
  assert.equal(ran.out, 'late\nlater\n');
});

test('a megabyte arrives whole', async () => {
  const ran = await s.docker('run', '--rm', 'ubuntu', 'head', '-c', '1000000', '/dev/zero');
  assert.is(ran.out.length, 1_000_000);
});

test(['script'], 'run -it has a raw stream through a terminal, and its first size', async () => {
  const ran = await s.run(
    'script',
    [
      '-qec',
      'stty rows 33 cols 99; docker run --name tty -it ubuntu sh -c "tty; read x; echo got $x; exit 3"',
      '/dev/null',
    ],
    { input: 'word\n', hold: true },
  );
  assert.is(ran.code, 3);
  assert.match(ran.out, /\/dev\/pts\/\d+\r\n/);
  assert.match(ran.out, /got/);
  assert.equal(s.engine.container('tty').container.request.HostConfig.ConsoleSize, [33, 99]);
});

test(['script'], 'the detach keys leave the container running', async () => {
  const runs = until('it runs', () =>
    s.engine.containers().some((c) => c.container.name === 'keys' && c.process.running && c.process.watchers === 1),
  );
  const detached = await s.run('script', ['-qec', 'docker run --name keys -it ubuntu sleep 100', '/dev/null'], {
    hold: true,
    typed: runs.then(() => '\x10\x11'),
  });
  assert.is(detached.code, 0);
  assert.ok(s.engine.container('keys').process.running);
  assert.is((await s.docker('rm', '-f', 'keys')).code, 0);
});

test('run -d prints the id and leaves', async () => {
  const ran = await s.docker('run', '-d', '--name', 'sleeper', 'ubuntu', 'sleep', '100');
  assert.match(ran.out, /^[0-9a-f]{64}\n$/);
  assert.ok(s.engine.container('sleeper').process.running);
});

test('exit codes of programs that cannot be started are 127 and 126, with the words of the daemon', async () => {
  const missing = await s.docker('run', '--rm', 'ubuntu', '/nope');
  assert.is(missing.code, 127);
  assert.match(missing.err, 'exec: "/nope": stat /nope: no such file or directory: unknown');
  const denied = await s.docker('run', '--rm', 'ubuntu', '/etc');
  assert.is(denied.code, 126);
  assert.match(denied.err, 'permission denied');
});

test('exit code 125 is for what the daemon refuses', async () => {
  const ran = await s.docker('run', '--name', 'sleeper', 'ubuntu', 'true');
  assert.is(ran.code, 125);
  assert.match(ran.err, 'Conflict. The container name "/sleeper" is already in use');
});

test('an image that is not there is pulled first, with progress and a status', async () => {
  const ran = await s.docker('run', '--rm', 'busybox', 'echo', 'pulled');
  assert.is(ran.code, 0);
  assert.is(ran.out, 'pulled\n');
  assert.match(
    ran.err,
    /Unable to find image 'busybox:latest' locally\nlatest: Pulling from library\/busybox\nf459d57b0a26: Pulling fs layer\n/,
  );
  assert.match(ran.err, /Digest: sha256:(b0)+\nStatus: Downloaded newer image for busybox:latest\n$/);
});

test('exec runs beside the first process, with its own streams and exit code', async () => {
  const ran = await s.docker('exec', '-e', 'A=b', 'sleeper', 'sh', '-c', 'echo $A; echo e >&2; exit 4');
  assert.equal(ran, { code: 4, out: 'b\n', err: 'e\n' });
  const piped = await s.run('docker', ['exec', '-i', 'sleeper', 'cat'], { input: 'through' });
  assert.equal(piped, { code: 0, out: 'through', err: '' });
});

test(['script'], 'exec -it has a terminal', async () => {
  const ran = await s.run('script', ['-qec', 'docker exec -it sleeper sh -c "tty; exit 5"', '/dev/null'], {
    hold: true,
  });
  assert.is(ran.code, 5);
  assert.match(ran.out, /\/dev\/pts\//);
});

test('exec of a missing program says so and exits with 127; exec -d leaves at once', async () => {
  const ran = await s.docker('exec', 'sleeper', '/nope');
  assert.is(ran.code, 127);
  assert.match(ran.out + ran.err, 'no such file or directory');
  assert.is((await s.docker('exec', '-d', 'sleeper', 'sleep', '0.1')).code, 0);
});

test('attach follows a running container to its end; start -a starts it again', async () => {
  await s.docker('run', '-d', '-i', '--name', 'shell', 'ubuntu', 'sh', '-c', 'read x; echo $x; exit 6');
  const ran = await s.run('docker', ['attach', 'shell'], { input: 'hello\n' });
  assert.equal(ran, { code: 6, out: 'hello\n', err: '' });
  const created = await s.docker('create', 'ubuntu', 'sh', '-c', 'echo again; exit 2');
  const started = await s.docker('start', '-a', created.out.trim());
  assert.equal(started, { code: 2, out: 'again\n', err: '' });
});

test('wait, stop, kill, restart, pause, unpause, rename and rm do what they say', async () => {
  const waited = s.docker('wait', 'sleeper');
  assert.is((await s.docker('pause', 'sleeper')).out, 'sleeper\n');
  assert.match((await s.docker('pause', 'sleeper')).err, 'is not running');
  assert.match((await s.docker('attach', 'sleeper')).err, 'cannot attach to a paused container');
  assert.is((await s.docker('unpause', 'sleeper')).code, 0);
  assert.is((await s.docker('rename', 'sleeper', 'dreamer')).code, 0);
  assert.match((await s.docker('rename', 'dreamer', 'x')).err, 'Invalid container name');
  assert.match((await s.docker('rm', 'dreamer')).err, 'container is running');
  assert.is((await s.docker('kill', '-s', 'TERM', 'dreamer')).code, 0);
  assert.is((await waited).out, '143\n');
  assert.match((await s.docker('kill', 'dreamer')).err, 'is not running');
  assert.is((await s.docker('stop', 'dreamer')).code, 0);
  assert.is((await s.docker('start', 'dreamer')).code, 0);
  assert.is((await s.docker('rm', '-f', 'dreamer')).code, 0);
  assert.match((await s.docker('start', 'dreamer')).err, 'No such container: dreamer');
});

test.run();
