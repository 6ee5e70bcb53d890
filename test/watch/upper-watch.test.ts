import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { BOUNDS } from '../../runtime/watch/upper-watch.ts';
import { MORE } from '../../runtime/storage/overlay2/upper.ts';
import { suite } from '../harness.ts';
import { RealOverlay, Watched, type Files } from './real-overlay.ts';

const test = suite('watching upper', 'root');

/** An overlay and a watch for one test; they are always removed at its end. */
async function watching(
  layers: Files[],
  body: (overlay: RealOverlay, watched: Watched) => Promise<void>,
  mountPoints?: ReadonlySet<string>,
): Promise<void> {
  const overlay = new RealOverlay(...layers).mount();
  const watched = new Watched(overlay, mountPoints);
  try {
    await body(overlay, await watched.begin());
  } finally {
    await watched.end();
    overlay.close();
  }
}
const image: Files[] = [
  { 'etc/group': 'root:x:0:\n', 'opt/tool': 'two' },
  { 'etc/passwd': 'root:x:0:0\n', 'etc/motd': 'hi', 'opt/tool': 'one', 'srv/a': 'a', 'srv/b': 'b' },
];

test('a write copies up, from the layer that the lookup stops at; then it changes in place', () =>
  watching(image, async (overlay, watched) => {
    overlay.run('echo x >> etc/passwd; echo x >> opt/tool');
    await watched.until((now) => now['/etc/passwd'] && now['/opt/tool']);
    assert.equal(watched.now, {
      '/etc': 'copied-up dir 0755 0:0 0 from top',
      '/etc/passwd': 'copied-up file 0644 0:0 13 from base',
      '/opt': 'copied-up dir 0755 0:0 0 from top',
      '/opt/tool': 'copied-up file 0644 0:0 5 from top',
    });
    overlay.run('echo more >> etc/passwd');
    await watched.until((now) => now['/etc/passwd'] === 'copied-up file 0644 0:0 18 from base');
    overlay.run('chmod 600 etc/passwd; chown 33:100 etc/passwd');
    await watched.until((now) => now['/etc/passwd'] === 'copied-up file 0600 33:100 18 from base');
  }));

test('what is deleted leaves a whiteout where a layer has it, and nothing where none has', () =>
  watching(image, async (overlay, watched) => {
    overlay.run('echo x > new; rm etc/motd');
    await watched.until((now) => now['/new'] && now['/etc/motd']);
    assert.is(watched.now['/etc/motd'], 'whiteout char 0000 0:0 0 from base');
    assert.is(watched.now['/new'], 'created file 0644 0:0 2');
    overlay.run('rm new');
    await watched.until((now) => !now['/new']);
  }));

test("what is made anew over a layer's file was not copied up, nor was what was moved there", () =>
  watching(image, async (overlay, watched) => {
    overlay.run('rm etc/motd; echo y > etc/motd; mv etc/group etc/passwd');
    await watched.until(
      (now) =>
        now['/etc/motd']?.startsWith('replaced') && now['/etc/passwd'] && now['/etc/group']?.startsWith('whiteout'),
    );
    assert.is(watched.now['/etc/motd'], 'replaced file 0644 0:0 2 from base');
    assert.is(watched.now['/etc/passwd'], 'replaced file 0644 0:0 10 from base');
    assert.is(watched.now['/etc/group'], 'whiteout char 0000 0:0 0 from top');
  }));

test('a directory that is made anew is opaque, and what lay in the old one is gone with it', () =>
  watching(image, async (overlay, watched) => {
    overlay.run('echo x >> srv/a; rm srv/b');
    await watched.until((now) => now['/srv/a'] && now['/srv/b']);
    overlay.run('rm -r srv');
    await watched.until((now) => now['/srv']?.startsWith('whiteout'));
    assert.equal(Object.keys(watched.now), ['/srv']);
    overlay.run('mkdir -m 700 srv; echo z > srv/a; mkdir plain');
    await watched.until((now) => now['/srv/a'] && now['/plain']);
    assert.is(watched.now['/srv'], 'opaque dir 0700 0:0 0 from base');
    assert.is(watched.now['/srv/a'], 'created file 0644 0:0 2');
    assert.is(watched.now['/plain'], 'created dir 0755 0:0 0');
  }));

test('a directory that is made and filled at once is told whole, and so is one that is moved', () =>
  watching(image, async (overlay, watched) => {
    overlay.run('mkdir -p a/b/c; for n in 1 2 3 4 5; do echo $n > a/b/c/$n; done; mkdir a/b/d');
    await watched.until((now) => Object.keys(now).length === 9);
    overlay.run('mv a/b q; echo late > q/c/late');
    await watched.until((now) => now['/q/c/late'] && now['/q/c/5'] && now['/q/d'] && !now['/a/b']);
    assert.equal(Object.keys(watched.now).sort(), [
      '/a',
      '/q',
      '/q/c',
      '/q/c/1',
      '/q/c/2',
      '/q/c/3',
      '/q/c/4',
      '/q/c/5',
      '/q/c/late',
      '/q/d',
    ]);
    overlay.run('echo x >> q/c/1; rm -r a');
    await watched.until((now) => now['/q/c/1']?.includes(' 4') && !now['/a']);
  }));

test('links, devices and pipes are told as what they are, and no link is followed', () =>
  watching(image, async (overlay, watched) => {
    overlay.run(
      'ln -s /etc/passwd link; ln -s / up; mkfifo pipe; mknod -m 600 null c 1 3; mv etc etc.real; ln -s srv etc; echo x > etc/through',
    );
    await watched.until((now) => now['/srv/through'] && now['/null'] && now['/etc']?.includes('symlink'));
    assert.is(watched.now['/link'], 'created symlink 0777 0:0 11');
    assert.is(watched.now['/etc'], 'replaced symlink 0777 0:0 3 from top');
    assert.equal([watched.now['/pipe'], watched.now['/null']], ['created fifo 0644 0:0 0', 'created char 0600 0:0 0']);
    assert.not.ok(Object.keys(watched.now).some((key) => key.startsWith('/up/') || key.startsWith('/etc/')));
  }));

test('names that would break a line or a terminal are told by their bytes', () =>
  watching(image, async (overlay, watched) => {
    execFileSync('sh', [
      '-ec',
      `cd ${overlay.merged}; touch "$(printf 'a\\nb')" "$(printf 'c\\377d')" "$(printf 'e\\033[2Jf')" 'g\\h'`,
    ]);
    await watched.until((now) => Object.keys(now).length === 4);
    assert.equal(Object.keys(watched.now).sort(), ['/a\\nb', '/c\\xffd', '/e\\x1b[2Jf', '/g\\\\h']);
    execFileSync('sh', ['-ec', `cd ${overlay.merged}; find . -maxdepth 1 -type f -delete`]);
    await watched.until((now) => !Object.keys(now).length);
  }));

test('mount points that mounting made are told apart', () =>
  watching(
    image,
    async (overlay, watched) => {
      overlay.run('mkdir -p proc mnt/deep; echo x > mnt/deep/file');
      await watched.until((now) => now['/mnt/deep/file'] && now['/proc']);
      assert.equal(
        [watched.now['/proc'], watched.now['/mnt'], watched.now['/mnt/deep']].map((value) => value?.split(' ')[0]),
        ['mount-point', 'mount-point', 'mount-point'],
      );
      assert.match(watched.now['/mnt/deep/file']!, /^created file/);
    },
    new Set(['/proc', '/mnt/deep']),
  ));

test('what was there before is told at first, once; and what went while there was no viewer', async () => {
  const overlay = new RealOverlay(...image).mount();
  try {
    overlay.run('echo x >> etc/passwd; echo x > one; mkdir two; echo x > two/three');
    const first = await new Watched(overlay).begin();
    await first.until((now) => Object.keys(now).length === 5);
    await first.end();
    overlay.run('rm one; rm -r two; echo x > four');
    const second = await new Watched(overlay).begin(first.events);
    await second.until((now) => now['/four'] && !now['/one'] && !now['/two/three']);
    await second.end();
    assert.equal(Object.keys(second.now).sort(), ['/etc', '/etc/passwd', '/four']);
    const third = await new Watched(overlay).begin(second.events);
    overlay.run('echo x > five');
    await third.until((now) => now['/five']);
    await third.end();
    assert.equal(
      third.events
        .slice(second.events.length)
        .flatMap((event) => (event.type === 'fact' ? event.facts : []))
        .map(({ key }) => key),
      ['/five'],
    );
  } finally {
    overlay.close();
  }
});

test('twenty thousand files are a bounded number of facts that count the rest, and what comes later is still told', () =>
  watching(image, async (overlay, watched) => {
    overlay.run('mkdir many; cd many; seq 20000 | xargs touch');
    await watched.until((now) => now[MORE] === `${20001 - Object.keys(now).length + 1} more entries`);
    assert.ok(Object.keys(watched.now).length <= BOUNDS.walk + 200, String(Object.keys(watched.now).length));
    assert.ok(watched.events.length < 60, `${watched.events.length} events`);
    overlay.run('echo x >> etc/passwd');
    await watched.until((now) => now['/etc/passwd']);
    overlay.run('rm -r many');
    await watched.until((now) => !now[MORE] && !now['/many']);
    assert.equal(Object.keys(watched.now).sort(), ['/etc', '/etc/passwd']);
  }));

test('a file that is written without end is told ever more seldom, and in the end as it is', () =>
  watching(image, async (overlay, watched) => {
    overlay.run('for n in $(seq 2000); do echo $n >> log; done');
    await watched.until((now) => now['/log'] === 'created file 0644 0:0 8893');
    assert.ok(watched.events.length < 12, `${watched.events.length} events`);
  }));

test('nothing is left open when no viewer looks any more', async () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let n = 0; n < 3; n++)
    await watching(image, async (overlay, watched) => {
      overlay.run('mkdir -p a/b; echo x > a/b/c');
      await watched.until((now) => now['/a/b/c']);
    });
  assert.ok(open() <= before, `${open()} descriptors, ${before} before`);
});

test.run();
