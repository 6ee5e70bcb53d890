import * as assert from 'uvu/assert';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { link, pullMade } from './made-image.ts';
import { site } from './site.ts';

const s = await site('the working directory lies inside', { images: [] });
const images: Record<string, string> = {};
s.test.before(async () => {
  images['busy'] = await pullMade(s.daemon, 'busy', [
    link('dangling', '/made/by/start'),
    { name: 'plain', content: '' },
    { name: 'opt/', type: '5' },
    link('opt/up', '../../../../opt2'),
  ]);
  images['work'] = await pullMade(s.daemon, 'work', [{ name: 'work/', type: '5' }], { WorkingDir: '/work' });
});
/** A directory on the host that no mount of the container contains, and whether the container made a file in it. */
function outside(): { dir: string; made(): boolean } {
  const dir = `${s.daemon.root}/outside`;
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${dir}/secret`, 'of the host\n');
  return { dir, made: () => existsSync(`${dir}/here`) };
}
const run = (...args: string[]) => s.daemon.cli('run', '--rm', ...args);
const reach = (dir: string) => ['sh', '-c', `cat .${dir}/secret; touch .${dir}/here; pwd`];

for (const link of ['root', 'cwd']) {
  s.test(`run --pid host -w /proc/PID/${link} does not stand in the host's tree`, async () => {
    const { dir, made } = outside();
    const ran = await run('--pid', 'host', '-w', `/proc/${process.pid}/${link}`, images['busy']!, ...reach(dir));
    assert.is(ran.code, 125, ran.out);
    assert.match(
      ran.err,
      /chdir to cwd \("\/proc\/\d+\/\w+"\) set in config\.json failed|cannot make the working directory/,
    );
    assert.equal([ran.out, made()], ['', false]);
  });

  s.test(`exec -w /proc/PID/${link} does not either`, async () => {
    const { dir, made } = outside();
    await s.daemon.ok('run', '-d', '--name', 'target', '--pid', 'host', images['busy']!, 'sleep', '1000');
    try {
      const ran = await s.daemon.cli('exec', '-w', `/proc/${process.pid}/${link}`, 'target', ...reach(dir));
      assert.is.not(ran.code, 0);
      assert.match(ran.err, /chdir to cwd \("\/proc\/\d+\/\w+"\) set in config\.json failed/);
      assert.equal([ran.out, made()], ['', false]);
    } finally {
      await s.daemon.ok('rm', '-f', 'target');
    }
  });
}

s.test('a WORKDIR that the container exchanges for a link to it is refused by exec', async () => {
  const { dir, made } = outside();
  await s.daemon.ok('run', '-d', '--name', 'target', '--pid', 'host', '-w', '/', images['work']!, 'sleep', '1000');
  await s.daemon.ok('rm', '-f', 'target');
  await s.daemon.ok('run', '-d', '--name', 'target', '--pid', 'host', images['work']!, 'sleep', '1000');
  try {
    await s.daemon.ok(
      'exec',
      '-w',
      '/',
      'target',
      'sh',
      '-c',
      `busybox rmdir /work; ln -s /proc/${process.pid}/root /work`,
    );
    const ran = await s.daemon.cli('exec', 'target', ...reach(dir));
    assert.match(ran.err, /chdir to cwd \("\/work"\) set in config\.json failed/);
    assert.equal([ran.out, made()], ['', false]);
  } finally {
    await s.daemon.ok('rm', '-f', 'target');
  }
});

s.test('a descriptor of the stage is no working directory: CVE-2024-21626', async () => {
  await s.daemon.ok('run', '-d', '--name', 'target', images['busy']!, 'sleep', '1000');
  try {
    for (let fd = 3; fd < 12; fd++) {
      const started = await run('-w', `/proc/self/fd/${fd}`, images['busy']!, 'pwd');
      assert.equal([started.code, started.out], [125, ''], `run, ${fd}`);
      const joined = await s.daemon.cli('exec', '-w', `/proc/self/fd/${fd}`, 'target', 'pwd');
      assert.equal([joined.code === 0, joined.out], [false, ''], `exec, ${fd}`);
    }
  } finally {
    await s.daemon.ok('rm', '-f', 'target');
  }
});

s.test('a link of the image leads where it leads in the container, and a dangling one is made', async () => {
  assert.is((await run('-w', '/dangling/deeper', images['busy']!, 'pwd')).out, '/made/by/start/deeper\n');
  assert.is((await run('-w', '/opt/up/x', images['busy']!, 'pwd')).out, '/opt2/x\n');
});

s.test('what is made for it belongs to root, has 755, and is made also below a read-only root', async () => {
  const show = ['stat', '-c', '%u:%g %a %n', '/a', '/a/b', '/a/b/c'];
  const made = '0:0 755 /a\n0:0 755 /a/b\n0:0 755 /a/b/c\n';
  assert.is((await run('-w', '/a/b/c', '-u', '1000:1000', images['busy']!, ...show)).out, made);
  assert.equal(await run('--read-only', '-w', '/a/b/c', images['busy']!, 'sh', '-c', 'pwd; touch x'), {
    code: 1,
    signal: null,
    out: '/a/b/c\n',
    err: 'touch: x: Read-only file system\n',
  });
});

s.test('exec makes nothing: a directory that is not there is an error', async () => {
  await s.daemon.ok('run', '-d', '--name', 'target', images['busy']!, 'sleep', '1000');
  try {
    for (const client of ['drydock', 'docker'] as const) {
      const ran = await s.daemon.client(client, ['exec', '-w', '/nope', 'target', 'pwd']);
      assert.equal([ran.code, ran.out], [127, ''], ran.err);
      assert.match(ran.err, /chdir to cwd \("\/nope"\) set in config\.json failed: no such file or directory/);
    }
    assert.is((await s.daemon.cli('exec', 'target', 'ls', '-d', '/nope')).code, 1);
  } finally {
    await s.daemon.ok('rm', '-f', 'target');
  }
});

s.test('a file is no working directory', async () => {
  const ran = await run('-w', '/plain', images['busy']!, 'pwd');
  assert.equal([ran.code, ran.out], [125, '']);
  assert.match(ran.err, /\/plain.*not a directory/i);
});

s.test.run();
