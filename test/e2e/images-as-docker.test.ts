import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { pullMade } from './made-image.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('images, as dockerd has them', { images: [] });
const Labels = { team: 'dock', big: 'x'.repeat(300_000) };
s.test.before(async () => {
  await pullMade(s.daemon, 'plain');
  // Same layers, another config.
  await pullMade(s.daemon, 'sister', [], { Labels: { team: 'dock' }, OnBuild: ['RUN true'] });
});
const json = async (path: string) => JSON.parse((await s.daemon.api('GET', path)).body) as Record<string, unknown>;
const refused = async (method: string, path: string): Promise<[number, string]> => {
  const { status, body } = await s.daemon.api(method, path);
  return [status, (JSON.parse(body) as { message: string }).message];
};
const events = async (begun: number) =>
  (
    await s.daemon.docker(
      'events',
      '--since',
      String(begun),
      '--until',
      String(Math.floor(Date.now() / 1000) + 1),
      '--format',
      '{{json .}}',
    )
  ).out
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { Type: string; Action: string; Actor: { ID: string; Attributes: Record<string, string> } },
    );
const filtered = async (...filters: string[]) =>
  (
    await s.daemon.docker(
      'events',
      '--since',
      '0',
      '--until',
      String(Math.floor(Date.now() / 1000) + 1),
      ...filters.flatMap((f) => ['--filter', f]),
      '--format',
      '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}',
    )
  ).out;

s.test('rmi -f by id while a container runs or is paused is a conflict, by a name it unties the name', async () => {
  const { Id } = (await json('/images/plain/json')) as { Id: string };
  const short = Id.slice(7, 19);
  const container = (await s.daemon.ok('run', '-d', '--name', 'runs', 'plain', 'sleep', '1000')).trim();
  const running: [number, string] = [
    409,
    `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${container.slice(0, 12)}`,
  ];
  for (const force of ['', '?force=1'])
    for (const id of [short, Id])
      assert.equal(await refused('DELETE', `/images/${id}${force}`), running, `${id}${force}`);
  await s.daemon.ok('pause', 'runs');
  assert.equal(await refused('DELETE', `/images/${short}?force=1`), running);
  await s.daemon.ok('unpause', 'runs');
  assert.is((await s.daemon.docker('exec', 'runs', 'echo', 'still')).out, 'still\n');
  await s.daemon.ok('tag', 'plain', 'plain:second');
  assert.equal(JSON.parse((await s.daemon.api('DELETE', '/images/plain:second?force=1')).body), [
    { Untagged: 'plain:second' },
  ]);
  await s.daemon.docker('stop', '-t', '0', 'runs');
  // The image has a second name, that of the registry, so the error about several repositories precedes the one about
  // the stopped container.
  assert.equal(await refused('DELETE', `/images/${short}`), [
    409,
    `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
  ]);
  await s.daemon.ok('rm', '-f', 'runs');
});

s.test('ps --filter ancestor names containers of the image, not those of one with the same layers', async () => {
  const id = (await s.daemon.docker('create', '--name', 'of-sister', 'sister', 'true')).out.trim();
  const names = async (image: string) =>
    (await s.daemon.docker('ps', '-a', '--filter', `ancestor=${image}`, '--format', '{{.Names}}')).out;
  assert.equal([await names('sister'), await names('plain'), await names('nothing')], ['of-sister\n', '', '']);
  await s.daemon.ok('rm', id);
});

s.test('events of images have their labels, and image=NAME matches NAME:TAG, of containers too', async () => {
  const begun = Math.floor(Date.now() / 1000);
  const { Id } = (await json('/images/sister/json')) as { Id: string };
  await s.daemon.docker('tag', 'sister', 'labelled:1');
  await s.daemon.docker('rmi', 'labelled:1');
  await s.daemon.ok('run', '--rm', 'sister:latest', 'true');
  const of = (await events(begun))
    .filter(({ Type, Actor }) => Type === 'image' && Actor.ID === Id)
    .map(({ Action, Actor }) => [Action, Actor.Attributes]);
  assert.equal(of.slice(-2), [
    ['tag', { team: 'dock', name: 'labelled:1' }],
    ['untag', { team: 'dock', name: Id }],
  ]);
  const seen = await filtered('image=sister');
  for (const line of [/^container create /m, /^container die /m]) assert.match(seen, line);
  assert.not.match(await filtered('image=siste'), /container/);
  assert.match(await filtered('image=labelled'), /^image tag labelled:1$/m);
  const pulled = await filtered('type=image', 'event=pull');
  assert.match(pulled, /^image pull 127\.0\.0\.1:\d+\/sister$/m);
});

s.test('image inspect has all keys of Config and the whole of GraphDriver.Data', async () => {
  const sister = (await json('/v1.45/images/sister/json')) as {
    Config: Record<string, unknown>;
    GraphDriver: { Data: Record<string, string> };
  };
  const keys = [
    'AttachStderr',
    'AttachStdin',
    'AttachStdout',
    'Cmd',
    'Domainname',
    'Entrypoint',
    'Env',
    'Hostname',
    'Image',
    'Labels',
    'OnBuild',
    'OpenStdin',
    'StdinOnce',
    'Tty',
    'User',
    'Volumes',
    'WorkingDir',
  ];
  assert.equal(
    keys.filter((key) => !(key in sister.Config)),
    [],
  );
  assert.equal(
    [sister.Config['OnBuild'], sister.Config['Labels'], sister.Config['Entrypoint']],
    [['RUN true'], { team: 'dock' }, null],
  );
  assert.equal(Object.keys(sister.GraphDriver.Data).sort(), ['MergedDir', 'UpperDir', 'WorkDir']);
  assert.is('ContainerConfig' in sister, false);
  assert.ok('ContainerConfig' in (await json('/v1.43/images/sister/json')));
});

s.test('what dockerd refuses is refused in its words', async () => {
  const dangling = encodeURIComponent(JSON.stringify({ dangling: ['invalid'] }));
  assert.equal(await refused('GET', `/images/json?filters=${dangling}`), [400, "invalid filter 'dangling=[invalid]'"]);
  assert.equal(await refused('POST', `/images/prune?filters=${dangling}`), [
    400,
    "invalid filter 'dangling=[invalid]'",
  ]);
  const foobar: [number, string] = [400, '"foobar": unknown operating system or architecture: invalid argument'];
  assert.equal(await refused('POST', '/images/create?fromImage=127.0.0.1:1/x&platform=foobar'), foobar);
  const ambiguous: [number, string] = [400, 'refusing to create an ambiguous tag using digest algorithm as name'];
  for (const query of ['repo=sha256&tag=x', 'repo=sha256:x'])
    assert.equal(await refused('POST', `/images/plain/tag?${query}`), ambiguous);
  assert.is((await s.daemon.api('POST', '/images/plain/tag?repo=foo/sha256&tag=x')).status, 201);
});

s.test('an image with a config of 600 kB is pulled, inspected and run', async () => {
  await pullMade(s.daemon, 'large', [], {
    Labels,
    Env: Array.from({ length: 3000 }, (_, j) => `V${j}=${'x'.repeat(90)}`),
  });
  assert.is(
    ((await json('/images/large/json')) as { Config: { Labels: typeof Labels } }).Config.Labels.big.length,
    300_000,
  );
  assert.is((await s.daemon.cli('run', '--rm', 'large', 'sh', '-c', 'echo $V2999')).out, `${'x'.repeat(90)}\n`);
});

s.test('rmi -f by id of what only stopped containers use removes it for everybody else', async () => {
  await pullMade(s.daemon, 'lonely', [{ name: 'etc/lonely', content: 'still here\n' }]);
  const { Id } = (await json('/images/lonely/json')) as { Id: string };
  const layers = () => readdirSync(join(s.daemon.root, 'layers')).length;
  const before = layers();
  await s.daemon.ok('create', '--name', 'stands', 'lonely', 'cat', '/etc/lonely');
  assert.is((await s.daemon.docker('rmi', '-f', Id.slice(7, 19))).out.split('\n').at(-2), `Deleted: ${Id}`);
  const seen = async () => {
    assert.equal(await refused('GET', `/images/${Id}/json`), [404, `No such image: ${Id}`]);
    assert.not.match((await s.daemon.docker('images', '-a', '--no-trunc')).out, new RegExp(Id));
    assert.is((await s.daemon.docker('create', '--pull', 'never', 'lonely')).code, 1);
    const [ps] = (await s.daemon.docker('ps', '-a', '--filter', 'name=stands', '--format', '{{.Image}}')).out.split(
      '\n',
    );
    assert.is(ps, Id.slice(7, 19));
    assert.is((await s.daemon.docker('start', '-a', 'stands')).out, 'still here\n');
  };
  await seen();
  await s.daemon.stop();
  await s.daemon.start();
  await seen();
  assert.equal(await refused('DELETE', `/images/${Id}?force=1`), [404, `No such image: ${Id}`]);
  await s.daemon.ok('rm', 'stands');
  await until('its layer has gone', () => layers() === before - 1);
});

s.test.run();
