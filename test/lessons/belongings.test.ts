/** What leaving a lesson removes: what has the drawn name, and nothing else. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { LessonState } from '../../lessons/engine/state.ts';
import { Daemon } from '../e2e/daemon.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { kept } from './proof.ts';

const test = suite('what a lesson removes', ...needs);
await ownRoom();
let daemon: Daemon;
test.before(async () => {
  daemon = await new Daemon().start();
  await daemon.ok('run', '--rm', 'ubuntu', 'true');
});
test.after(() => daemon.close());

const post = async (rest: string): Promise<LessonState> => {
  const { status, body } = await daemon.api('POST', `/drydock/lessons/build-cache${rest}`);
  assert.ok(status < 300, body);
  return (body ? JSON.parse(body) : undefined) as LessonState;
};

test('leaving removes containers, networks, volumes, images and cached images of the drawn name, and keeps others', async () => {
  await daemon.ok('volume', 'create', 'bystander');
  await daemon.ok('network', 'create', 'bystander');
  await daemon.ok('tag', 'ubuntu', 'bystander-app');
  const before = await kept(daemon);
  const { values } = await post('/open');
  const { own, dir, tool } = values!;
  assert.match(readFileSync(join(dir!, 'deps.txt'), 'utf8'), new RegExp(`^${tool}\n`));
  assert.equal((await post('/open')).values, values, 'opened again, the lesson has other values');
  await daemon.ok('volume', 'create', `${own}-store`);
  await daemon.ok('volume', 'create', `${own}x`);
  await daemon.ok('network', 'create', `${own}-front`);
  await daemon.ok(
    'run',
    '-d',
    '--name',
    `${own}-one`,
    '--network',
    `${own}-front`,
    '-v',
    `${own}-store:/x`,
    '-v',
    '/y',
    'ubuntu',
    'sleep',
    '60',
  );
  const slow = `FROM ubuntu\nCOPY deps.txt /\nRUN cat /deps.txt > /out\n`;
  for (const text of [slow, slow.replace('cat', 'sort'), `${slow}RUN false\n`]) {
    writeFileSync(join(dir!, 'Dockerfile'), text);
    await daemon.cli('build', '-t', `${own}-app`, dir!);
  }
  assert.ok((await kept(daemon))['images']!.length >= before['images']!.length + 3);
  await post('/leave');
  await daemon.ok('volume', 'rm', `${own}x`);
  assert.equal(await kept(daemon), before);
  assert.not(existsSync(dir!));
  await until('the keys of the cache are gone', () => readdirSync(join(daemon.root, 'build-keys')).length === 0, 3);
});

test('a volume of the drawn name that another container uses stays, and leaving does not fail', async () => {
  const { own } = (await post('/open')).values!;
  await daemon.ok('create', '--name', 'bystander', '-v', `${own}-store:/x`, 'ubuntu', 'true');
  await post('/leave');
  assert.ok((await kept(daemon))['volumes']!.includes(`${own}-store`));
  await daemon.ok('rm', 'bystander');
  await daemon.ok('volume', 'rm', `${own}-store`);
});

test.run();
