import * as assert from 'uvu/assert';
import type { Event, NewEvent } from '../../runtime/journal/event.ts';
import { callLine, duration, factLine, facts, line, resultLine } from '../../runtime/journal/line.ts';
import { visible } from '../../runtime/journal/visible.ts';
import { syscalls } from '../../runtime/syscalls/syscalls.ts';
import { suite } from '../harness.ts';

const test = suite('journal line');
const shown = (event: NewEvent) => line({ seq: 0, time: 0, run: 0, ...event } as Event);
const hex = (text: string) => ({ hex: Buffer.from(text, 'latin1').toString('hex'), length: text.length });

test('a call reads as strace would print it', () => {
  assert.is(
    shown({
      type: 'call',
      actor: 'stage',
      name: 'mount',
      args: ['proc', '/proc', 'proc', 14, null],
      ret: 0,
      ns: 31_000,
    }),
    'stage  mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL) = 0 <31 µs>',
  );
  assert.is(
    shown({
      type: 'call',
      actor: 'daemon',
      name: 'openat',
      args: [-100, '/etc/passwd', 0, 0],
      ret: -1,
      errno: 'ENOENT',
      ns: 900,
    }),
    'daemon openat(AT_FDCWD, "/etc/passwd", O_RDONLY, 0) = -1 ENOENT (no such file or directory) <900 ns>',
  );
});

test('operations of ours carry the name of the system call they are', () => {
  assert.is(callLine({ name: 'ioctl_out', args: [3, 0x80045430, 4] }), 'ioctl(3, TIOCGPTN, argp)');
  assert.match(callLine({ name: 'clone3_stage', args: [0x20000000, 1, -1] }), /^clone3\(CLONE_NEWPID, 1, -1\)$/);
  assert.is(callLine({ name: 'read', args: [5, 4096] }), 'read(5, buf[4096])');
});

test('bytes are text where they are text, and hex digits where they are not', () => {
  assert.is(callLine({ name: 'write', args: [3, hex('100\n')] }), 'write(3, "100\\n")');
  assert.is(callLine({ name: 'write', args: [3, hex('\u0000\u0001\u00ff')] }), 'write(3, 0x0001ff)');
  assert.is(
    callLine({ name: 'write', args: [3, { hex: '00'.repeat(60), length: 9000 }] }),
    `write(3, 0x${'00'.repeat(24)}… (9000 bytes))`,
  );
});

test('bytes that a note explains are not shown', () => {
  assert.is(
    shown({
      type: 'call',
      actor: 'daemon',
      name: 'sendto',
      args: [5, hex('\u0000x'), 0, null],
      ret: 2,
      ns: 1000,
      note: 'RTM_NEWLINK eth0',
    }),
    'daemon sendto(5, {2 bytes}, 0, NULL) = 2 <1 µs>  # RTM_NEWLINK eth0',
  );
});

test('long strings and vectors are cut, and say so', () => {
  assert.is(callLine({ name: 'chdir', args: ['x'.repeat(200)] }), `chdir("${'x'.repeat(96)}"...)`);
  const words = Array.from({ length: 12 }, (_, i) => `w${i}`);
  assert.is(
    callLine({ name: 'execve', args: ['/bin/sh', words, ['A=1']] }),
    `execve("/bin/sh", [${words
      .slice(0, 8)
      .map((w) => `"${w}"`)
      .join(', ')}, … 4 more], ["A=1"])`,
  );
});

test('ids and digests are shown by twelve digits, in paths as well', () => {
  const id = 'ab'.repeat(32);
  assert.is(
    callLine({ name: 'chdir', args: [`/sys/fs/cgroup/${id}/tasks`] }),
    'chdir("/sys/fs/cgroup/abababababab…/tasks")',
  );
  assert.is(factLine({ kind: 'image', key: 'id', value: `sha256:${id}` }), 'image id is sha256:abababababab…');
});

test('a call does not tell twice what it made true', () => {
  const common = { seq: 0, time: 0, run: 0, type: 'call', actor: 'daemon', ret: 3, ns: 1 } as const;
  const fact = { kind: 'cgroup', key: '/sys/fs/cgroup/x/pids.max', value: '100' } as const;
  assert.equal(
    facts({ ...common, name: 'write_file', args: ['/sys/fs/cgroup/x/pids.max', 1, 0, hex('100\n')], facts: [fact] }),
    [],
  );
  assert.equal(facts({ ...common, name: 'unshare', args: [0x20000], facts: [fact] }), [fact]);
});

test('what a container chose cannot command the terminal', () => {
  assert.is(
    callLine({ name: 'chdir', args: ['\u001b]0;owned\u0007\u009b2J"'] }),
    'chdir("\\e]0;owned\\x07\\x9b2J\\"")',
  );
  assert.is(shown({ type: 'note', text: 'a\nb\u202e' }), 'note   a\\nb\\u202e');
  assert.is(factLine({ kind: 'file', key: '/a\u001b[2J', value: null }), 'file /a\\e[2J is gone');
  assert.is(visible('ünïcode ✓'), 'ünïcode ✓');
});

test('every kind of event has a line', () => {
  const events: [NewEvent, string][] = [
    [{ type: 'phase', phase: 'pull', at: 'enter' }, 'phase pull enter'],
    [
      { type: 'step', step: 'init.execve', at: 'failed', ns: 1_500_000, error: 'no' },
      'step init.execve failed <1.5 ms>: no',
    ],
    [{ type: 'http', method: 'GET', url: 'http://r/v2/', status: 200, ns: 2e9 }, 'http   GET http://r/v2/ 200 <2 s>'],
    [
      { type: 'http', method: 'GET', url: 'http://r/v2/', status: 0, ns: 5, error: 'ECONNREFUSED' },
      'http   GET http://r/v2/ failed: ECONNREFUSED <5 ns>',
    ],
    [
      {
        type: 'fact',
        facts: [
          { kind: 'ns', key: 'mnt', value: 'mnt:[1]' },
          { kind: 'lease', key: '172.30.0.2', value: null },
        ],
      },
      'now    ns mnt is mnt:[1]\nnow    lease 172.30.0.2 is gone',
    ],
    [{ type: 'state', from: 'created', to: 'pulling' }, 'state  created -> pulling'],
    [
      {
        type: 'gate',
        at: 'paused',
        step: 'init.hostname',
        next: { name: 'sethostname', actor: 'stage', args: ['web'] },
      },
      'gate   paused at init.hostname before stage sethostname("web")',
    ],
    [{ type: 'progress', id: 'abc', status: 'Downloading', current: 5, total: 20 }, 'pull   abc: Downloading 25%'],
  ];
  for (const [event, text] of events) assert.is(shown(event), text);
});

test('every operation can be shown, with no argument and with all', () => {
  for (const [name, { args }] of Object.entries(syscalls)) {
    assert.type(callLine({ name, args: [] }), 'string');
    assert.type(
      callLine({
        name,
        args: args.map(({ kind }) =>
          kind === 'i' ? 1 : kind === 'v' ? ['x'] : kind === 'o' || kind === 'O' ? 8 : 'x',
        ),
      }),
      'string',
    );
  }
  assert.is(callLine({ name: 'of_a_later_version', args: [1, 'x'] }), 'of_a_later_version(1, "x")');
});

test('durations take the unit that fits', () => {
  assert.equal([12, 31_400, 1_250_000, 61e9].map(duration), ['12 ns', '31 µs', '1.25 ms', '61 s']);
  assert.is(resultLine({ ret: 3, ns: 1000, note: 'RTM_NEWLINK eth0' }), '= 3 <1 µs>  # RTM_NEWLINK eth0');
});

test.run();
