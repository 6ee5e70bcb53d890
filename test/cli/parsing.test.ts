import * as assert from 'uvu/assert';
import { Command } from 'commander';
import { rewrite } from '../../runtime/cli/flags/arguments.ts';
import { socketPath } from '../../runtime/cli/client/address.ts';
import { imagePath, queryString } from '../../runtime/cli/client/client.ts';
import { settingsFrom } from '../../runtime/cli/verbs/daemon/daemon-settings.ts';
import { detachScanner } from '../../runtime/cli/flags/detach-keys.ts';
import { DaemonError, messageOf, startFailure, type Failure } from '../../runtime/cli/failure/failure.ts';
import { filters } from '../../runtime/cli/flags/filters.ts';
import { age, binarySize, decimalSize } from '../../runtime/cli/terminal/format.ts';
import { splitReference } from '../../runtime/cli/client/images-create.ts';
import { firstSentence } from '../../runtime/cli/client/lifecycle.ts';
import { moment } from '../../runtime/cli/flags/seconds.ts';
import { cpuPercent } from '../../runtime/cli/verbs/container/stats.ts';
import { keysOf } from '../../runtime/cli/step/keyboard.ts';
import { markdownText } from '../../runtime/cli/step/markdown.ts';
import { Demultiplexer } from '../../runtime/cli/client/streams.ts';
import { suite } from '../harness.ts';

const test = suite('cli parsing');
const refuses = (act: () => unknown, message: RegExp) =>
  assert.throws(act, (error: unknown) => message.test(messageOf(error)));

test('flags with a truth value and short ones with an equals sign are understood', () => {
  const command = new Command()
    .option('--rm')
    .option('-i, --interactive')
    .option('-e, --env <value>')
    .option('--yes')
    .option('--no-yes');
  const cases: [string[], string[]][] = [
    [
      ['--rm=true', 'x'],
      ['--rm', 'x'],
    ],
    [['--rm=false', 'x'], ['x']],
    [['-i=0', 'x'], ['x']],
    [
      ['--yes=false', 'x'],
      ['--no-yes', 'x'],
    ],
    [
      ['-e=A=1', 'x'],
      ['-e', 'A=1', 'x'],
    ],
    [
      ['--env=A=1', 'x'],
      ['--env=A=1', 'x'],
    ],
    [
      ['-e', '--rm=true', 'x'],
      ['-e', '--rm=true', 'x'],
    ],
    [
      ['-ie', '--rm=true', 'x'],
      ['-ie', '--rm=true', 'x'],
    ],
    [
      ['x', '--rm=true'],
      ['x', '--rm=true'],
    ],
    [
      ['--', '--rm=true'],
      ['--', '--rm=true'],
    ],
  ];
  for (const [given, wanted] of cases) assert.equal(rewrite(command, given, true), wanted);
});

test('settings come from flags, then the environment, then defaults', () => {
  const none = { practice: true };
  assert.equal(settingsFrom(none, {}), {
    root: '/var/lib/drydock',
    execRoot: '/run/drydock',
    listen: [{ unix: '/run/drydock/drydock.sock' }],
    bridge: 'drydock0',
    cgroupParent: '/drydock',
    registryMirrors: [],
    insecureRegistries: [],
    practice: true,
    dns: [],
    idle: 0,
  });
  const given = settingsFrom(
    { ...none, root: '/a', registryMirror: ['http://m:5000/'], bip: '10.0.0.1/24' },
    { DRYDOCK_ROOT: '/b', DRYDOCK_EXEC_ROOT: '/c', DRYDOCK_DNS: '1.1.1.1, 8.8.8.8', DRYDOCK_NO_PRACTICE: '1' },
  );
  assert.equal(
    [given.root, given.execRoot, given.listen, given.dns, given.registryMirrors, given.bip, given.practice],
    ['/a', '/c', [{ unix: '/c/drydock.sock' }], ['1.1.1.1', '8.8.8.8'], ['http://m:5000'], '10.0.0.1/24', false],
  );
});

test('settings that cannot be meant are refused by name', () => {
  const wrong: [object, RegExp][] = [
    [{ bip: '10.0.0.1' }, /invalid --bip "10\.0\.0\.1"/],
    [{ bip: '10.0.0.1/31' }, /--bip/],
    [{ bridge: 'a-name-of-sixteen' }, /--bridge/],
    [{ cgroupParent: 'x' }, /--cgroup-parent/],
    [{ cgroupParent: '/a/../b' }, /--cgroup-parent/],
    [{ registryMirror: ['ftp://x'] }, /--registry-mirror/],
    [{ dns: ['x'] }, /--dns/],
    [{ idle: '-1' }, /--idle/],
    [{ host: ['tcp://1.2.3.4'] }, /tcp:\/\/1\.2\.3\.4 needs --tlsverify/],
    [{ host: ['tcp://a b'], tls: false }, /invalid host/],
    [{ host: ['fd://2'] }, /fd:\/\/3 for the first/],
    [{ host: ['tcp://1.2.3.4'], tls: false, tlsverify: true }, /contradict/],
    [{ root: '' }, /--root/],
  ];
  for (const [options, message] of wrong) refuses(() => settingsFrom({ practice: true, ...options }, {}), message);
});

test('the daemon listens where each -H says, on TCP with verified clients or as the flags say in words', () => {
  const from = (options: object, env = {}) => {
    const { listen, tls } = settingsFrom({ practice: true, ...options }, env);
    return { listen, tls };
  };
  const files = { tlscacert: '/c/a', tlscert: '/c/c', tlskey: '/c/k' };
  assert.equal(from({ host: ['unix:///a', 'tcp://[::1]:1', 'tcp://:2'], tlsverify: true, ...files }), {
    listen: [{ unix: '/a' }, { host: '::1', port: 1 }, { host: '127.0.0.1', port: 2 }],
    tls: { ca: '/c/a', cert: '/c/c', key: '/c/k' },
  });
  assert.equal(from({ host: ['tcp://h'] }, { DRYDOCK_TLS_VERIFY: '1', DRYDOCK_CERT_PATH: '/p' }), {
    listen: [{ host: 'h', port: 2376 }],
    tls: { ca: '/p/ca.pem', cert: '/p/cert.pem', key: '/p/key.pem' },
  });
  assert.equal(from({ host: ['tcp://h'], tls: false }), { listen: [{ host: 'h', port: 2375 }], tls: 'none' });
  assert.equal(from({ host: ['tcp://h'], tls: true, tlsverify: false, ...files }).tls, { cert: '/c/c', key: '/c/k' });
  assert.equal(from({ host: ['fd://', 'fd://4'] }), { listen: [{ fd: 'all' }, { fd: 4 }], tls: undefined });
});

test('a host is a unix socket with an absolute path that fits sun_path', () => {
  assert.is(socketPath('unix:///a/b'), '/a/b');
  refuses(() => socketPath('unix://a/b'), /absolute/);
  refuses(() => socketPath(`unix:///${'x'.repeat(107)}`), /107 bytes/);
});

test('detach keys are found wherever the chunks end, and nothing typed is lost', () => {
  refuses(() => detachScanner('ctrl-1'), /invalid detach keys \(ctrl-1\)/);
  const keys = detachScanner(undefined);
  const seen = [[97, 16], [98, 16], [16], [17, 99]].map((bytes) => keys.feed(Buffer.from(bytes)));
  assert.equal(
    seen.map(({ pass }) => [...pass]),
    [[97], [16, 98], [16], []],
  );
  assert.equal(
    seen.map(({ detached }) => detached),
    [false, false, false, true],
  );
  assert.equal(detachScanner('a,a,b').feed(Buffer.from('aaab')), { pass: Buffer.from('a'), detached: true });
});

test('frames are taken apart wherever the chunks end', () => {
  const frame = (stream: number, text: string) =>
    Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
  const bytes = Buffer.concat([frame(1, 'out'), frame(2, ''), frame(2, 'error'), frame(1, '!')]);
  for (let size = 1; size <= bytes.length; size++) {
    const frames = new Demultiplexer();
    const texts: Record<number, string> = { 1: '', 2: '' };
    for (let at = 0; at < bytes.length; at += size)
      for (const [stream, part] of frames.push(bytes.subarray(at, at + size))) texts[stream] += part.toString();
    assert.equal(texts, { 1: 'out!', 2: 'error' });
  }
});

test('references are split at the tag, not at the port', () => {
  const cases: Record<string, [string, string]> = {
    ubuntu: ['ubuntu', 'latest'],
    'ubuntu:22.04': ['ubuntu', '22.04'],
    'localhost:5000/a/b': ['localhost:5000/a/b', 'latest'],
    'localhost:5000/a:1': ['localhost:5000/a', '1'],
    'a@sha256:00': ['a', 'sha256:00'],
    'a:1@sha256:00': ['a', 'sha256:00'],
  };
  for (const [reference, [name, tag]] of Object.entries(cases)) assert.equal(splitReference(reference), { name, tag });
  assert.is(imagePath('localhost:5000/a b@sha256:00', '/json'), '/images/localhost:5000/a%20b@sha256:00/json');
});

test('queries leave out what is not given and repeat lists', () => {
  assert.is(
    queryString({ a: undefined, b: false, c: '', d: true, e: 0, break: ['x', 'y z'] }),
    '?d=1&e=0&break=x&break=y+z',
  );
  assert.is(
    filters(['status=exited', 'label=a=b'], { reference: 'u' }),
    '{"status":{"exited":true},"label":{"a=b":true},"reference":{"u":true}}',
  );
  refuses(() => filters(['x']), /name=value/);
});

test('moments are seconds since 1970', () => {
  assert.is(moment('1700000000.5'), '1700000000.5');
  assert.is(moment('1h30m', 10_000_000), '4600.000000000');
  assert.is(moment('2024-01-02T03:04:05.123456789Z'), '1704164645.123456789');
  refuses(() => moment('yesterday'), /invalid time/);
});

test('sizes and ages read as docker prints them', () => {
  assert.equal([0, 999, 36_450, 1_064_596, 7_800_000_000].map(decimalSize), [
    '0B',
    '999B',
    '36.45kB',
    '1.065MB',
    '7.8GB',
  ]);
  assert.equal([512, 1 << 20, 1.5 * (1 << 30)].map(binarySize), ['512B', '1MiB', '1.5GiB']);
  assert.equal([0, 1, 30, 60, 119, 120, 3600, 7200, 3 * 86400, 15 * 86400, 70 * 86400, 900 * 86400].map(age), [
    'Less than a second',
    '1 second',
    '30 seconds',
    'About a minute',
    'About a minute',
    '2 minutes',
    'About an hour',
    '2 hours',
    '3 days',
    '2 weeks',
    '2 months',
    '2 years',
  ]);
});

test('exit codes of a failed start are a field of the answer, whatever its words', () => {
  const code = (error: unknown) => (startFailure(error, 125) as Failure).code;
  assert.is(code(new DaemonError(400, 'exec: "/nope": stat /nope: no such file or directory: unknown', 127)), 127);
  assert.is(code(new DaemonError(400, 'the program is a picture', 126)), 126);
  assert.is(code(new DaemonError(500, 'statx(/srv): no such file or directory')), 125, 'words do not count');
  assert.is((startFailure(new DaemonError(409, 'it is paused'), 1) as Failure).code, 1, "an exec's");
  const other = new TypeError('not an answer of the daemon');
  assert.is(startFailure(other, 125), other);
});

test('the share of a cpu is that between the two samples', () => {
  const sample = {
    id: '',
    name: '',
    cpu_stats: { cpu_usage: { total_usage: 300 }, system_cpu_usage: 2000, online_cpus: 2 },
    precpu_stats: { cpu_usage: { total_usage: 100 }, system_cpu_usage: 1000 },
  };
  assert.is(cpuPercent(sample), 40);
  assert.is(cpuPercent({ id: '', name: '' }), 0);
});

test('keys are told apart, an escape sequence is one', () => {
  assert.equal(keysOf('n\u001b[Aé\u001bOP\u0003'), ['n', '\u001b[A', 'é', '\u001bOP', '\u0003']);
});

test('explanations become plain text of the width of the terminal', () => {
  assert.is(
    firstSentence('Mounts the\noverlay, e.g. all layers. umount2(2) …'),
    'Mounts the overlay, e.g. all layers.',
  );
  assert.is(firstSentence('No full stop'), 'No full stop');
  assert.is(
    markdownText(
      'One **bold** `code` [page](http://x).\n\n- first item that is long\n- second\n\n```\nkept  as it is\n```',
      20,
    ),
    'One bold code page\n<http://x>.\n\n- first item that is\n  long\n- second\n\n    kept  as it is',
  );
});

test.run();
