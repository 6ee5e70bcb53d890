/**
 * With any content of the data root the daemon starts, reports what it could not read, moves that aside, and serves the
 * rest.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { site } from './site.ts';

const s = await site('whatever the data root contains', { images: ['tiny'] });
const d = () => s.daemon;
const inRoot = (path: string) => join(d().root, path);
type Spoil = (path: string) => unknown;

/** Removes the file or directory at the path and puts something else there. */
const replaced =
  (make: Spoil): Spoil =>
  (path) => {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true });
    return make(path);
  };
const written = (content: string | Buffer) => replaced((path) => writeFileSync(path, content));
const notFiles: [string, Spoil][] = [
  ['a directory', replaced((path) => mkdirSync(join(path, 'in it'), { recursive: true }))],
  ['a fifo', replaced((path) => execFileSync('mkfifo', [path]))],
  ['a link that dangles', replaced((path) => symlinkSync('/nowhere/at/all', path))],
  ['a link to what never ends', replaced((path) => symlinkSync('/dev/zero', path))],
];
const damaged: [string, Spoil][] = [
  ['cut off', (path) => existsSync(path) && truncateSync(path, Math.floor(readFileSync(path).length / 2))],
  ['empty', written('')],
  ['binary', written(Buffer.from([0, 0xff, 0xfe, 10, 0x80, 0]))],
  ['null', written('null')],
  ['a list', written('[]')],
  ['an object', written('{}')],
  ['a text', written('"text"')],
  [
    'of wrong types',
    written(JSON.stringify({ id: 7, images: {}, names: [1], request: 'x', process: 3, diffID: [], size: 'x' })),
  ],
  ...notFiles,
];
const notDirectories: [string, Spoil][] = [['a file', written('x')], ...notFiles.slice(1)];

async function containers(names: readonly string[]): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  for (const [n, name] of names.entries()) {
    const { status, body } = await d().api('POST', `/containers/create?name=of-${n}`, {
      Image: 'tiny',
      Cmd: ['true'],
      HostConfig: { NetworkMode: 'none' },
    });
    assert.is(status, 201, body);
    made.set(name, (JSON.parse(body) as { Id: string }).Id);
  }
  return made;
}
const listed = async () => new Set((await d().json<{ Id: string }[]>('/containers/json?all=1')).map(({ Id }) => Id));
const said = () => readFileSync(d().log, 'utf8');
const aside = () => (existsSync(inRoot('unreadable')) ? readdirSync(inRoot('unreadable')) : []);

s.test(
  'of records that cannot be read each is set aside and reported, and a running container is there afterwards',
  async () => {
    await d().ok('run', '-d', '--name', 'stays', 'tiny', 'sleep', '1000');
    const made = await containers(damaged.map(([what]) => what));
    await d().stop();
    for (const [what, spoil] of damaged) await spoil(inRoot(`containers/${made.get(what)}/container.json`));
    await d().start();
    const [there, moved] = [await listed(), aside()];
    for (const [what, id] of made) {
      assert.not(there.has(id), what);
      assert.ok(
        moved.some((name) => name.endsWith(id)),
        `${what}: it is set aside`,
      );
      assert.ok(said().includes(`${inRoot(`containers/${id}`)}: `), `${what}: it is reported`);
    }
    assert.is(there.size, 1);
    assert.is((await d().api('POST', '/containers/stays/exec', { Cmd: ['true'] })).status, 201);
    await d().ok('rm', '-f', 'stays');
  },
);

for (const [name, kinds] of [
  ['journal.ndjson', damaged],
  ['config.json', damaged],
  ['starting', damaged],
  ['output.log', damaged],
  ['container.json.partial', damaged],
  ['upper', notDirectories],
  ['work', notDirectories],
  ['execs', notDirectories],
] as const) {
  s.test(`a container whose ${name} is something else is there, starts and can be removed`, async () => {
    const made = await containers(kinds.map(([what]) => what));
    for (const id of made.values())
      for (const verb of ['start', 'wait']) await d().api('POST', `/containers/${id}/${verb}`);
    await d().stop();
    for (const [what, spoil] of kinds) await spoil(inRoot(`containers/${made.get(what)}/${name}`));
    await d().start();
    const there = await listed();
    for (const [what, id] of made) {
      assert.ok(there.has(id), what);
      const started = await d().api('POST', `/containers/${id}/start`);
      assert.is(started.status, 204, `${what}: ${started.body}`);
      for (const path of ['json', 'logs?stdout=1', 'changes'])
        assert.is((await d().api('GET', `/containers/${id}/${path}`)).status, 200, `${what}: ${path}`);
      const removed = await d().api('DELETE', `/containers/${id}?force=1`);
      assert.is(removed.status, 204, `${what}: ${removed.body}`);
    }
  });
}

s.test('without a list of images that can be read, containers still find theirs', async () => {
  const { body } = await d().api('GET', '/images/tiny/json');
  const { Id } = JSON.parse(body) as { Id: string };
  for (const [what, spoil] of damaged) {
    const made = await containers([what]);
    await d().stop();
    const kept = readFileSync(inRoot('images.json'));
    await spoil(inRoot('images.json'));
    await d().start();
    assert.match(said(), new RegExp(`${inRoot('images.json')}: `), what);
    assert.is((await d().api('GET', `/images/${Id}/json`)).status, 200, `${what}: the image is there by its id`);
    const started = await d().api('POST', `/containers/${made.get(what)}/start`);
    assert.is(started.status, 204, `${what}: ${started.body}`);
    await d().removeAll();
    await d().stop();
    writeFileSync(inRoot('images.json'), kept);
    await d().start();
  }
});

s.test('operations that cannot be read are set aside', async () => {
  const of = () => readdirSync(inRoot('operations')).map((id) => inRoot(`operations/${id}`));
  for (const file of ['operation.json', 'journal.ndjson']) {
    while (of().length < damaged.length) await d().api('POST', '/images/create?fromImage=tiny&tag=nosuch');
    const dirs = of();
    await d().stop();
    for (const [n, [, spoil]] of damaged.entries()) await spoil(join(dirs[n]!, file));
    await d().start();
    for (const [n, [what]] of damaged.entries())
      if (file === 'operation.json') assert.ok(said().includes(`${dirs[n]}: `), `${what} is reported`);
    assert.is((await d().api('GET', '/drydock/operations')).status, 200);
  }
});

for (const path of ['engine-id', 'daemon.pid']) {
  s.test(`${path} may be anything`, async () => {
    for (const [what, spoil] of damaged) {
      await d().stop();
      await spoil(inRoot(path));
      await d().start();
      assert.match((await d().json<{ ID: string }>('/info')).ID, /\w{20}/, what);
    }
  });
}

for (const path of [
  'containers',
  'network',
  'network/bridge',
  'network/bridge/leases',
  'practice',
  'layers',
  'l',
  'blobs',
  'blobs/sha256',
  'operations',
  'unreadable',
]) {
  s.test(`${path} may be something else than a directory`, async () => {
    await d().stop();
    for (const [what, spoil] of notDirectories) {
      if (existsSync(inRoot(path))) renameSync(inRoot(path), `${d().root}-kept`);
      await spoil(inRoot(path));
      if (path === 'unreadable') writeFileSync(inRoot('containers/foreign'), 'x');
      await d().start();
      if (path !== 'unreadable') assert.ok(said().includes(`${inRoot(path)}: `), `${what} is reported`);
      await d().stop();
      rmSync(inRoot(path), { recursive: true, force: true });
      if (existsSync(`${d().root}-kept`)) renameSync(`${d().root}-kept`, inRoot(path));
    }
    await d().start();
  });
}

s.test('a relative --cgroup-parent is below the root, as with dockerd, and survives a new daemon', async () => {
  const parents = {
    [`${d().name}-r`]: `/${d().name}-r`,
    [`./${d().name}-d`]: `/${d().name}-d`,
    [`${d().name}.slice`]: `/${d().name}.slice`,
    [`../${d().name}-c/./x`]: `/${d().name}-c/x`,
  };
  for (const [given, found] of Object.entries(parents)) {
    await d().ok('pull', '-q', 'tiny');
    await d().ok('run', '-d', '--name', 'grouped', '--cgroup-parent', given, 'tiny', 'sleep', '1000');
    await d().stop();
    await d().start();
    const { Id, State, HostConfig } = await d().json<{
      Id: string;
      State: { Pid: number };
      HostConfig: { CgroupParent: string };
    }>('/containers/grouped/json');
    assert.is(HostConfig.CgroupParent, given);
    const groups = readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8');
    assert.match(groups, new RegExp(`:(pids:|:)${found.replaceAll('.', '\\.')}/${Id}$`, 'm'));
    await d().ok('rm', '-f', 'grouped');
  }
  execFileSync('sh', [
    '-c',
    `find /sys/fs/cgroup -mindepth 1 -depth -type d -path '*/${d().name}[-.]*' -exec rmdir {} + 2>/dev/null || true`,
  ]);
});

s.test.run();
