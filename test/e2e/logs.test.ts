/** Logs of several files with docker's client: rotation, limits, the driver local, what is shown before a line. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('logs of several files');
const d = () => s.daemon;
const remove = (name: string) => d().dockerOk('rm', '-f', name);
const ended = (name: string) => d().dockerOk('wait', name);
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `${from + n}`).join('\n');

/** The names and sizes of the files of a log. */
async function filesOf(name: string): Promise<{ name: string; size: number }[]> {
  const { Id } = await d().json<{ Id: string }>(`/containers/${name}/json`);
  const dir = join(d().root, 'containers', Id);
  return readdirSync(dir)
    .filter((file) => file.startsWith('output.log'))
    .map((file) => ({ name: file, size: statSync(join(dir, file)).size }));
}
const SMALL = ['--log-opt', 'max-size=20k', '--log-opt', 'max-file=900'];
const COUNTS = 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; done';

s.test('all files are read, from the beginning, by number of lines, and between two times', async () => {
  const script = `${COUNTS}; sleep 1; echo then`;
  await d().dockerOk('run', '-d', '--name', 'much', ...SMALL, 'ubuntu', 'sh', '-c', script);
  await ended('much');
  assert.ok((await filesOf('much')).length > 8);
  assert.is(await d().dockerOk('logs', 'much'), `${numbers(1, 30_000)}\nthen`);
  assert.is(await d().dockerOk('logs', '--tail', '20001', 'much'), `${numbers(10_001, 30_000)}\nthen`);
  const stamped = (await d().dockerOk('logs', '-t', '--tail', '2', 'much')).split('\n');
  const [time = '', word] = stamped[1]!.split(' ');
  assert.is(word, 'then');
  assert.is(await d().dockerOk('logs', '--since', time, 'much'), 'then');
  const [before = ''] = stamped[0]!.split(' ');
  assert.ok((await d().dockerOk('logs', '--until', before, 'much')).endsWith('\n30000'));
  await remove('much');
});

s.test('no line is lost while somebody follows and files are begun', async () => {
  const script = `read go; ${COUNTS}`;
  await d().dockerOk('run', '-d', '-i', '--name', 'followed', ...SMALL, 'ubuntu', 'sh', '-c', script);
  const following = d().begin('docker', 'logs', '-f', 'followed');
  const attached = d().begin('docker', 'attach', 'followed');
  attached.input.end('go\n');
  assert.is((await following.done).out, `${numbers(1, 30_000)}\n`);
  assert.is((await attached.done).out, `${numbers(1, 30_000)}\n`);
  await remove('followed');
});

s.test('no line is lost while the daemon is dead', async () => {
  const slow = 'i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; echo $i; sleep 0.005; done';
  const limits = ['--log-opt', 'max-size=1k', '--log-opt', 'max-file=900'];
  await d().dockerOk('run', '-d', '--name', 'alone', ...limits, 'ubuntu', 'sh', '-c', slow);
  await until('it prints', async () => (await d().dockerOk('logs', 'alone')).includes('20'));
  await d().kill9();
  const at = Date.now();
  await until('it has printed more alone', () => Date.now() - at > 1000);
  await d().start();
  await ended('alone');
  const all = Array.from({ length: 400 }, (_, n) => `${n + 1}\n${n + 1}`).join('\n');
  assert.is(await d().dockerOk('logs', 'alone'), all);
  assert.ok((await filesOf('alone')).length > 5);
  await remove('alone');
});

s.test('compress=true: the files that are left are compressed, and logs reads over all of them', async () => {
  const count = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i; done';
  const options = ['max-size=2k', 'max-file=900', 'compress=true'].flatMap((option) => ['--log-opt', option]);
  const script = `${count}; read go; ${count}`;
  await d().dockerOk('run', '-d', '-i', '--name', 'packed', ...options, 'ubuntu', 'sh', '-c', script);
  const { Id } = await d().json<{ Id: string }>('/containers/packed/json');
  const dir = join(d().root, 'containers', Id);
  /** how many files have been left, when all of them begin as gzip(1) does */
  const packed = () => {
    const files = readdirSync(dir).filter((name) => /^output\.log\.\d+$/.test(name));
    return files.every((name) => readFileSync(join(dir, name)).readUInt16BE(0) === 0x1f8b) ? files.length : 0;
  };
  const all = numbers(1, 3000);
  const following = d().begin('docker', 'logs', '-f', 'packed');
  await until('all is printed', async () => (await d().dockerOk('logs', '--tail', '1', 'packed')) === '3000');
  await until('the files are compressed', () => packed() > 3);
  assert.is(await d().dockerOk('logs', 'packed'), all);
  assert.is(await d().dockerOk('logs', '--tail', '2001', 'packed'), numbers(1000, 3000));
  const [time = ''] = (await d().dockerOk('logs', '-t', '--tail', '1000', 'packed')).split(' ');
  const since = await d().dockerOk('logs', '--since', time, 'packed');
  assert.ok(since.endsWith(numbers(2001, 3000)) && !since.startsWith('1\n'), since.slice(0, 20));
  const before = packed();
  const attached = d().begin('docker', 'attach', 'packed');
  attached.input.end('go\n');
  assert.is((await attached.done).out, `${all}\n`);
  assert.is((await following.done).out, `${all}\n${all}\n`);
  await d().kill9();
  await d().start();
  assert.is(await d().dockerOk('logs', 'packed'), `${all}\n${all}`);
  await until('those of an ended container too', () => packed() > before + 3);
  assert.is(await d().dockerOk('logs', 'packed'), `${all}\n${all}`);
  const one = await d().dockerRefused('create', '--log-opt', 'compress=true', '--log-opt', 'max-file=1', 'ubuntu');
  assert.match(one, 'compress cannot be true when max-file is less than 2 or max-size is not set');
  await remove('packed');
});

s.test('local keeps five files of 20 MiB without being asked, and shows no path', async () => {
  const args = ['run', '--name', 'kept', '--log-driver', 'local', 'ubuntu', 'sh', '-c'];
  const { code } = await d().docker(...args, 'head -c 130000000 /dev/zero | tr "\\0" x | fold -w 1000; echo; echo end');
  assert.is(code, 0);
  const files = await filesOf('kept');
  const sum = files.reduce((all, { size }) => all + size, 0);
  assert.ok(files.length === 5 && sum > 80 << 20 && sum <= 101 << 20, `${files.length} files of ${sum} bytes`);
  assert.is(await d().dockerOk('logs', '--tail', '1', 'kept'), 'end');
  const { LogPath, HostConfig } = await d().json<{ LogPath: string; HostConfig: { LogConfig: object } }>(
    '/containers/kept/json',
  );
  assert.equal([LogPath, HostConfig.LogConfig], ['', { Type: 'local', Config: {} }]);
  assert.match(
    await d().dockerRefused('create', '--log-driver', 'local', '--log-opt', 'x=1', 'ubuntu'),
    /'x' for log driver local/,
  );
  await remove('kept');
});

s.test('--details shows labels, variables and the tag before each line, behind the time', async () => {
  const options = ['labels-regex=^com\\.(example|none)', 'env-regex=(?i)^pla', 'tag={{.Name}}/{{.ImageName}}'];
  await d().dockerOk(
    ...['run', '--name', 'told', '--label', 'com.example.one=a b', '--env', 'PLACE=here', '--env', 'OTHER=x'],
    ...options.flatMap((option) => ['--log-opt', option]),
    ...['ubuntu', 'printf', 'one\\ntwo\\n'],
  );
  const attributes = 'PLACE=here,com.example.one=a+b,tag=told%2Fubuntu';
  assert.is(await d().dockerOk('logs', '--details', 'told'), `${attributes} one\n${attributes} two`);
  assert.match(await d().dockerOk('logs', '--details', '-t', '-n', '1', 'told'), /^\S+Z PLACE=here\S+ two$/);
  assert.is(await d().dockerOk('logs', 'told'), 'one\ntwo');
  assert.match(
    await d().dockerRefused('create', '--log-opt', 'env-regex=a(?=b)', 'ubuntu'),
    'failed to initialize logging driver: error parsing regexp: invalid or unsupported Perl syntax: `a(?=b)`',
  );
  await remove('told');
});

s.test.run();
