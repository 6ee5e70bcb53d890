/** A container is started from a bundle alone, without an image and without a request. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { RERUN_AT, RERUN_OF } from '../../runtime/container/rerun.ts';
import type { Event } from '../../runtime/journal/event.ts';
import { Caller } from '../live/caller.ts';
import { createFrom, makeBundle, ranToEnd, type Config } from './bundle.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('containers from bundles', { images: [] });
const d = () => s.daemon;

const create = (bundle: string, more?: object) => createFrom(d(), bundle, more);
async function refused(bundle: unknown, more: object = {}): Promise<string> {
  const { status, body } = await d().api('POST', '/drydock/containers', { bundle, ...more });
  assert.ok(status === 400 || status === 501, `${status} ${body}`);
  return (JSON.parse(body) as { message: string }).message;
}
const program =
  (...args: string[]) =>
  (config: Config) =>
    void (config.process.args = args);
const ran = (id: string) => ranToEnd(d(), id);
const journalOf = async (id: string): Promise<Event[]> =>
  (await d().api('GET', `/drydock/containers/${id}/journal`)).body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);

s.test('a bundle made by hand becomes a process, with no image anywhere', async () => {
  const bundle = makeBundle((config) => {
    config.hostname = 'bundled';
    config.process.cwd = '/home';
    config.process.env = ['PATH=/bin', 'A=from the bundle'];
    config.process.user = { uid: 1000, gid: 1000, additionalGids: [7] };
    config.process.args = ['sh', '-c', 'id -u; id -g; id -G; pwd; hostname; echo "$A $HOME"; echo $$; exit 3'];
  });
  const id = await create(bundle, { name: 'by-hand', labels: { made: 'by hand' } });
  assert.equal(await ran(id), { out: '1000\n1000\n1000 7\n/home\nbundled\nfrom the bundle /home\n1', code: 3 });
  const events = await journalOf(id);
  const done = events.flatMap((one) => (one.type === 'step' && one.at === 'done' ? [one.step!] : []));
  assert.ok(done.includes('create.read-bundle') && done.includes('rw-layer.bind-root'), done.join());
  assert.equal(
    done.filter((step) => /^pull\.|merge-config|overlay|make-directories|write-|etc-files/.test(step)),
    [],
  );
  assert.is(JSON.parse((await d().api('GET', '/images/json')).body).length, 0);
  await d().ok('rm', id);
});

s.test('the page runs it again, held before a step, from the bundle as it is now', async () => {
  const bundle = makeBundle(program('sh', '-c', 'echo first'));
  const first = await create(bundle, { name: 'first', labels: { made: 'by hand' }, stdin: true });
  assert.is((await ran(first)).out, 'first');
  const caller = await Caller.enter(await d().ok('playground', '--no-open'));
  const { id } = await caller.ask('again', { id: first, at: 'init.pivot-root' });
  caller.socket.close();
  await until('it is held', async () =>
    (await journalOf(id)).some((one) => one.type === 'gate' && one.at === 'paused'),
  );
  await d().ok('gate', id, 'continue');
  assert.is(await d().ok('wait', id), '0');
  assert.is(await d().ok('logs', id), 'first');
  const { Config } = await d().json<{ Config: { Labels: object; OpenStdin: boolean } }>(`/containers/${id}/json`);
  assert.equal(Config.Labels, { made: 'by hand', [RERUN_OF]: first, [RERUN_AT]: 'init.pivot-root' });
  assert.is(Config.OpenStdin, true);
  await d().ok('rm', first, id);
});

s.test('the clients show it: ps, inspect, logs, top and the page, with the bundle where the image stands', async () => {
  const bundle = makeBundle(program('sleep', '1000'));
  const id = await create(bundle, { name: 'shown', labels: { made: 'by hand' } });
  await d().ok('start', 'shown');
  try {
    for (const client of ['drydock', 'docker'] as const) {
      const { out } = await d().client(client, ['ps']);
      assert.ok(out.includes(bundle) && out.includes('shown'), out);
    }
    const seen = JSON.parse((await d().docker('inspect', 'shown')).out) as Record<string, never>[];
    const { Image, Config, HostConfig, GraphDriver, Driver, State } = seen[0] as unknown as Record<
      string,
      Record<string, unknown>
    >;
    assert.equal(
      [Image, Config!['Image'], Driver, GraphDriver!['Data']],
      ['', bundle, 'bundle', { Root: `${bundle}/rootfs` }],
    );
    assert.equal(
      [Config!['Cmd'], Config!['Labels'], HostConfig!['NetworkMode']],
      [['sleep', '1000'], { made: 'by hand' }, 'none'],
    );
    assert.is(State!['Status'], 'running');
    assert.match((await d().docker('top', 'shown')).out, 'sleep 1000');
    assert.match(await d().ok('inspect', '--live', 'shown'), /namespaces/i);
    assert.match((await d().docker('diff', 'shown')).err, 'was made from a bundle');
    const { SizeRw } = await d().json<{ SizeRw: number }>('/containers/shown/json?size=1');
    assert.ok(SizeRw > 100_000, String(SizeRw));
  } finally {
    await d().ok('rm', '-f', id);
  }
});

s.test('a further process has the user, the variables and the directory of the bundle', async () => {
  const id = await create(
    makeBundle((config) => {
      Object.assign(config.process, { cwd: '/home', env: ['PATH=/bin', 'A=1', 'B=2'], args: ['sleep', '1000'] });
      config.process.user = { uid: 1000, gid: 1000, additionalGids: [7] };
    }),
  );
  await d().ok('start', id);
  try {
    const inside = (...words: string[]) => d().ok('exec', ...words);
    assert.is(await inside(id, 'sh', '-c', 'id -u; id -g; id -G; pwd'), '1000\n1000\n1000 7\n/home');
    assert.equal(
      (await inside('-e', 'B=3', id, 'env'))
        .split('\n')
        .filter((line) => !/^(SHLVL|PWD)=/.test(line))
        .sort(),
      ['A=1', 'B=3', 'HOME=/home', 'PATH=/bin'],
    );
    assert.is(await inside('-u', '0', '-w', '/tmp', id, 'sh', '-c', 'id -u; pwd'), '0\n/tmp');
  } finally {
    await d().ok('rm', '-f', id);
  }
});

s.test('what it writes is in the bundle, rm takes nothing of it, and nothing else is left', async () => {
  await create(makeBundle(), { name: 'warm' });
  await d().ok('start', 'warm');
  await d().ok('wait', 'warm');
  await d().ok('rm', 'warm');
  const before = await atRest(d());
  const bundle = makeBundle(program('sh', '-c', 'test -e /written && echo again; echo x > /written'));
  const id = await create(bundle);
  assert.is((await ran(id)).out, '');
  await d()
    .ok('start', '-a', id)
    .then((out) => assert.is(out, 'again'));
  assert.equal(existsSync(join(bundle, 'rootfs/.dockerenv')), false);
  await d().ok('rm', id);
  assert.is(readFileSync(join(bundle, 'rootfs/written'), 'utf8'), 'x\n');
  assert.ok(existsSync(join(bundle, 'rootfs/bin/busybox')) && existsSync(join(bundle, 'config.json')));
  await sameAs(before, d());
});

s.test('a root that is to be read only is, and binds, tmpfs and limits are those of the bundle', async () => {
  const id = await create(
    makeBundle((config) => {
      config.root = { path: 'rootfs', readonly: true };
      config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 77, hard: 88 }];
      config.process.args = [
        'sh',
        '-c',
        'exec 2>&1; touch /x; touch /scratch/x && echo scratch; touch /in/x; cat /in/given; ulimit -n; ulimit -Hn',
      ];
      config.mounts!.push(
        { destination: '/scratch', type: 'tmpfs', source: 'tmpfs', options: ['size=64k'] },
        { destination: '/in', type: 'bind', source: 'given', options: ['bind', 'ro'] },
      );
    }),
  ).catch((error: Error) => error.message);
  assert.match(id, /^[0-9a-f]{64}$/);
  const { GraphDriver } = await d().json<{ GraphDriver: { Data: { Root: string } } }>(`/containers/${id}/json`);
  const given = join(GraphDriver.Data.Root, '../given');
  mkdirSync(given);
  mkdirSync(join(GraphDriver.Data.Root, 'in'));
  mkdirSync(join(GraphDriver.Data.Root, 'scratch'));
  writeFileSync(join(given, 'given'), 'given\n');
  const { out } = await ran(id);
  assert.equal(
    out.split('\n').filter((line) => !/^touch:/.test(line)),
    ['scratch', 'given', '77', '88'],
  );
  assert.equal(out.match(/^touch: .*Read-only file system/gm)?.length, 2);
  await d().ok('rm', id);
});

s.test(
  'a change of config.json after the create has no effect; a root that became a link is refused, and undone',
  async () => {
    const before = await atRest(d());
    const bundle = makeBundle(program('true'));
    const id = await create(bundle);
    writeFileSync(join(bundle, 'config.json'), '{');
    assert.is((await ran(id)).code, 0);
    renameSync(join(bundle, 'rootfs'), join(bundle, 'moved'));
    symlinkSync('/', join(bundle, 'rootfs'));
    const { code, err } = await d().cli('start', id);
    assert.is(code, 1);
    assert.match(err, /too many levels of symbolic links|ELOOP/);
    await d().ok('rm', id);
    await sameAs(before, d());
  },
);

s.test('it outlives its daemon, and the next one stops, starts and removes it', async () => {
  const id = await create(makeBundle(program('sleep', '1000')), { name: 'lasting' });
  await d().ok('start', 'lasting');
  await d().kill9();
  await d().start();
  const { State } = await d().json<{ State: { Status: string } }>(`/containers/${id}/json`);
  assert.is(State.Status, 'running');
  assert.is(await d().ok('exec', 'lasting', 'pwd'), '/');
  await d().ok('stop', '-t', '0', 'lasting');
  await d().ok('start', 'lasting');
  await d().ok('rm', '-f', 'lasting');
});

s.test('a terminal and an open stdin work as with an image', async () => {
  const id = await create(
    makeBundle((config) => {
      config.process.terminal = true;
      config.process.args = ['sh', '-c', 'test -t 0 && echo a terminal'];
      config.mounts!.push({
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['newinstance', 'ptmxmode=0666'],
      });
    }),
  );
  assert.is((await ran(id)).out.trim(), 'a terminal');
  await d().ok('rm', id);
  await create(makeBundle(program('cat')), { name: 'piped', stdin: true, autoRemove: true });
  const { out, code } = await d().client('docker', ['start', '-ai', 'piped'], { input: 'through' });
  assert.equal([code, out], [0, 'through']);
  await until('it is removed', async () => !(await d().ok('ps', '-a')).includes('piped'));
});

s.test('an update of a limit holds at the next start too, and after a new daemon', async () => {
  const bundle = makeBundle((config) => {
    config.linux.resources = { memory: { limit: 64 << 20 }, pids: { limit: 50 } };
    config.process.args = ['sleep', '1000'];
  });
  const id = await create(bundle, { name: 'limited' });
  const files = ['memory/@/memory.limit_in_bytes', '@/memory.max', 'pids/@/pids.max', '@/pids.max'];
  const limits = () =>
    files
      .map((file) => join('/sys/fs/cgroup', file.replace('@', `${d().cgroupParent}/${id}`)))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8').trim());
  await d().ok('start', 'limited');
  assert.equal(limits(), [String(64 << 20), '50']);
  await d().ok('update', '--memory', '32m', '--pids-limit', '40', 'limited');
  assert.equal(limits(), [String(32 << 20), '40']);
  await d().ok('kill', 'limited');
  await d().ok('wait', 'limited');
  await d().ok('start', 'limited');
  assert.equal(limits(), [String(32 << 20), '40'], 'at the next start');
  await d().ok('kill', 'limited');
  await d().ok('wait', 'limited');
  await d().stop();
  await d().start();
  await d().ok('start', 'limited');
  assert.equal(limits(), [String(32 << 20), '40'], 'after a new daemon');
  await d().ok('rm', '-f', 'limited');
});

s.test('every step of it can be held, and an abort takes all of it back', async () => {
  const before = await atRest(d());
  const id = await create(makeBundle(program('sleep', '1000')), { name: 'held' });
  const starting = d().api('POST', `/drydock/containers/${id}/start?break=rw-layer.open-root`);
  await until('it is held', async () =>
    (await journalOf(id)).some(({ type, step }) => type === 'gate' && step === 'rw-layer.open-root'),
  );
  assert.match(await d().ok('inspect', '--live', 'held'), /mounts/i);
  await d().ok('gate', 'held', 'abort');
  assert.is((await starting).status >= 400, true);
  await d().ok('rm', 'held');
  await sameAs(before, d());
});

s.test('what is no bundle is refused with what is wrong, and no container is made', async () => {
  assert.match(await refused('relative'), 'is not an absolute path');
  assert.match(await refused('/nowhere'), /bundle \/nowhere: ENOENT/);
  assert.match(await refused(7), 'bundle must be');
  const pipe = makeBundle();
  execFileSync('rm', [join(pipe, 'config.json')]);
  execFileSync('mkfifo', [join(pipe, 'config.json')]);
  assert.match(await refused(pipe), 'it is no file');
  const large = makeBundle();
  writeFileSync(join(large, 'config.json'), Buffer.alloc((1 << 20) + 1, ' '));
  assert.match(await refused(large), 'larger than');
  assert.match(await refused(makeBundle((config) => (config.root = { path: 'nothing' }))), /root\.path: ENOENT/);
  assert.match(await refused(makeBundle((config) => (config.root = { path: '/' }))), 'the root of the host');
  assert.match(await refused(makeBundle(), { name: '/' }), 'Invalid container name');
  assert.equal(readdirSync(join(d().root, 'containers')), []);
});

s.test.run();
