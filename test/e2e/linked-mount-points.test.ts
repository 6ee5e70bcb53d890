import * as assert from 'uvu/assert';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { link, pullMade } from './made-image.ts';
import { site } from './site.ts';
import { Follower } from './sweep/journal.ts';

const s = await site('proc, sysfs and /dev are mounted on real directories', { images: [] });
const images: Record<string, string> = {};
const CORE = '/proc/sys/kernel/core_pattern';
s.test.before(async () => {
  for (const top of ['proc', 'sys', 'dev'])
    images[top] = await pullMade(s.daemon, `linked-${top}`, [link(top, `/vol/${top}`)]);
  images['file'] = await pullMade(s.daemon, 'file-proc', [{ name: 'proc', content: 'no directory\n' }]);
  images['busy'] = await pullMade(s.daemon, 'busy');
});

let volumes = 0;
/** A directory on the host that two containers share. */
function volume(...entries: string[]): string {
  const dir = `${s.daemon.root}/vol${++volumes}`;
  for (const name of entries) mkdirSync(`${dir}/${name}`, { recursive: true });
  return dir;
}
/** A command that prints whether a file exists and can be written; it writes nothing. */
const writable = (path: string) => `busybox dd if=/dev/null of=${path} conv=notrunc 2>/dev/null && echo writable`;

for (const top of ['proc', 'sys', 'dev']) {
  s.test(`/${top} as a link is refused in runc's words, and nothing is mounted behind it`, async () => {
    const dir = volume(top);
    const ran = await s.daemon.cli('run', '--rm', '-v', `${dir}:/vol`, images[top]!, 'sh', '-c', `ls /vol/${top}`);
    assert.is(ran.code, 125, ran.out);
    assert.match(ran.err, new RegExp(`filesystem "${top}" must be mounted on ordinary directory`));
    assert.equal(readdirSync(`${dir}/${top}`), []);
  });
}

s.test('/proc as a file is refused too', async () => {
  const ran = await s.daemon.cli('run', '--rm', images['file']!, 'true');
  assert.is(ran.code, 125, ran.out);
  assert.match(ran.err, /filesystem "proc" must be mounted on ordinary directory/);
});

/** Starts a container, runs `meanwhile` when it stands at the breakpoint, and returns its output. */
async function heldAt(
  at: string,
  flags: string[],
  image: string,
  script: string,
  meanwhile: () => void,
): Promise<{ status: number; out: string; said: string }> {
  const id = await s.daemon.ok('create', ...flags, image, 'sh', '-c', script);
  const follower = new Follower(s.daemon, id);
  await follower.begun;
  try {
    const done = s.daemon.api('POST', `/drydock/containers/${id}/start?break=${at}`);
    const paused = follower.until((event) => event.type === 'gate' && event.at === 'paused' && event.step === at);
    if (await Promise.race([paused.then(() => true), done.then(() => false)])) {
      meanwhile();
      assert.is((await s.daemon.api('POST', `/drydock/containers/${id}/gate`, { command: 'continue' })).status, 204);
    }
    const { status, body } = await done;
    if (status < 300) await s.daemon.ok('wait', id);
    return {
      status,
      said: body && (JSON.parse(body) as { message: string }).message,
      out: (await s.daemon.cli('logs', id)).out,
    };
  } finally {
    follower.close();
    await s.daemon.ok('rm', '-f', id);
  }
}

for (const at of ['init.sysctls', 'init.mask-paths', 'init.readonly-paths', 'init.make-device-nodes']) {
  s.test(`a /proc that is renamed while a start stands at ${at} gives no writable ${CORE}`, async () => {
    const dir = volume('proc');
    const swap = () => {
      renameSync(`${dir}/proc`, `${dir}/away`);
      mkdirSync(`${dir}/proc`);
    };
    const script = `for d in /proc /vol/proc /vol/away; do ${writable('$d/sys/kernel/core_pattern')}; done`;
    const ran = await heldAt(
      at,
      ['-v', `${dir}:/vol`, '--sysctl', 'kernel.msgmax=4096'],
      images['proc']!,
      script,
      swap,
    );
    assert.not.match(ran.out, 'writable');
    assert.match(ran.said, /filesystem "proc" must be mounted on ordinary directory/);
  });
}

s.test('a /proc that another container renames in a loop neither', async () => {
  const dir = volume('proc');
  const loop =
    'while :; do mv /vol/proc /vol/x; mkdir /vol/proc; mv /vol/proc /vol/y; mv /vol/x /vol/proc; busybox rmdir /vol/y; done 2>/dev/null';
  await s.daemon.ok('run', '-d', '--name', 'renamer', '-v', `${dir}:/vol`, images['busy']!, 'sh', '-c', loop);
  try {
    for (let n = 0; n < 12; n++) {
      const { out } = await s.daemon.cli(
        'run',
        '--rm',
        '-v',
        `${dir}:/vol`,
        images['proc']!,
        'sh',
        '-c',
        `${writable(CORE)}; test -e ${CORE} || echo absent`,
      );
      assert.not.match(out, 'writable');
    }
  } finally {
    await s.daemon.ok('rm', '-f', 'renamer');
  }
});

const procfs = /"\/proc" cannot be mounted because it is not of type proc/;
for (const [name, flags, err] of [
  ['a directory', () => ['-v', `${volume('sys/kernel')}:/proc`], procfs],
  ['a tmpfs', () => ['--tmpfs', '/proc'], procfs],
  ["a part of the host's", () => ['-v', '/proc/sys:/proc'], procfs],
] as const) {
  s.test(`${name} in the place of /proc is refused: what is absent there could be anywhere`, async () => {
    const ran = await s.daemon.cli('run', '--rm', ...flags(), images['busy']!, 'true');
    assert.is(ran.code, 125, ran.out);
    assert.match(ran.err, err);
  });
}

s.test("a procfs in the place of /proc is masked like the container's own", async () => {
  const script = `${writable(CORE)}; busybox head -c1 /proc/kcore | busybox wc -c; grep -c " /proc/sys " /proc/self/mountinfo`;
  const ran = await s.daemon.cli('run', '--rm', '-v', '/proc:/proc', images['busy']!, 'sh', '-c', script);
  assert.is(ran.out, '0\n1\n', ran.err);
});

s.test('beneath /proc only what lxcfs gives may be mounted', async () => {
  const refused = await s.daemon.cli(
    'run',
    '--rm',
    '-v',
    '/etc/hostname:/proc/sys/kernel/core_pattern',
    images['busy']!,
    'true',
  );
  assert.is(refused.code, 125, refused.out);
  assert.match(refused.err, /"\/proc\/sys\/kernel\/core_pattern" cannot be mounted because it is inside \/proc/);
  assert.is(
    await s.daemon.ok(
      'run',
      '--rm',
      '-v',
      '/etc/hostname:/proc/uptime',
      images['busy']!,
      'grep',
      '-c',
      ' /proc/uptime ',
      '/proc/self/mountinfo',
    ),
    '1',
  );
});

s.test('a bind on /dev stays beneath it, whatever a volume there holds', async () => {
  const dir = volume('v');
  const other = volume('marker');
  await s.daemon.ok(
    'run',
    '--rm',
    '-v',
    `${dir}:/dev/late`,
    images['busy']!,
    'sh',
    '-c',
    'ln -s ../../tmp /dev/late/up; ln -s /tmp /dev/late/abs',
  );
  for (const name of ['up', 'abs']) {
    const ran = await s.daemon.cli(
      'run',
      '--rm',
      '-v',
      `${dir}:/dev/late`,
      '-v',
      `${other}:/dev/late/${name}/here`,
      images['busy']!,
      'sh',
      '-c',
      'test -e /tmp/here && echo outside',
    );
    assert.not.match(ran.out, 'outside');
  }
  assert.not(existsSync('/tmp/here'));
  rmSync(dir, { recursive: true });
});

s.test(
  'of masked paths each file reads as null, each directory is empty and read-only, however many they are',
  async () => {
    const directories = [
      '/sys/devices/system/cpu/cpu0',
      '/sys/devices/system/cpu/cpu1',
      '/sys/kernel',
      '/bin/../etc',
      '/proc/sys/net',
    ];
    const { status, body } = await s.daemon.api('POST', '/containers/create', {
      Image: images['busy'],
      HostConfig: {
        MaskedPaths: [...directories, '/proc/version', '/tmp/absent', '/sys/absent/path'],
        ReadonlyPaths: [],
      },
      Cmd: [
        'sh',
        '-c',
        `cat /proc/version; for d in ${directories.join(' ')}; do ls -A $d; touch $d/x 2>/dev/null && echo wrote; done; echo end`,
      ],
    });
    assert.is(status, 201, body);
    const { Id: id } = JSON.parse(body) as { Id: string };
    await s.daemon.ok('start', id);
    await s.daemon.ok('wait', id);
    assert.is((await s.daemon.cli('logs', id)).out, 'end\n');
    await s.daemon.ok('rm', id);
  },
);

s.test('with real directories everything is there, masked and read-only', async () => {
  const script = `${writable(CORE)}; ls /sys/firmware /proc/scsi 2>/dev/null; ls /dev | busybox wc -l; busybox head -c1 /proc/kcore | busybox wc -c; cat /proc/sys/kernel/msgmax`;
  const { out, err } = await s.daemon.cli(
    'run',
    '--rm',
    '--sysctl',
    'kernel.msgmax=4096',
    images['busy']!,
    'sh',
    '-c',
    script,
  );
  assert.match(out, /\n0\n4096\n$/, err);
  assert.not.match(out, 'writable');
});

s.test.run();
