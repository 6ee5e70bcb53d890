/** drydock build --on-failure shell, on a terminal. */
import * as assert from 'uvu/assert';
import { until } from '../until.ts';
import { Screen } from '../cli/screen.ts';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../harness.ts';
import { busyboxImage } from './busybox-image.ts';
import { Daemon } from './daemon.ts';
import { ownRoom } from './room.ts';

await ownRoom();
const test = suite('drydock build --on-failure shell', 'root', 'busybox', 'tmux');
const d = new Daemon();
let dir = '';
test.before(async () => {
  await d.start();
  await d.ok('tag', await busyboxImage(d, 'base'), 'base');
  dir = join(d.root, 'context');
  mkdirSync(dir);
  writeFileSync(
    join(dir, 'Dockerfile'),
    `FROM base
ENV WHO=world
WORKDIR /srv
RUN --mount=type=cache,target=/cache echo half >begun; echo $WHO of /cache >/cache/it; cat mended
CMD cat /srv/mended
`,
  );
});
test.after(() => d.close());

const left = async (): Promise<string[]> => [
  ...(await d.ok('ps', '-aq')).split('\n').filter(Boolean),
  ...readdirSync(join(d.root, 'build')).filter((name) => name !== 'cache.json'),
];

async function onScreen(body: (screen: Screen) => Promise<void>): Promise<void> {
  const screen = new Screen(Object.fromEntries(Object.entries(d.env).map(([name, value]) => [name, value ?? ''])));
  try {
    screen.command(`clear; ${d.commandLine('drydock')} build --on-failure shell -t made ${dir}; echo code $?`);
    await screen.see(/has failed with the code 1/);
    await screen.see(/\/srv #$/);
    await body(screen);
  } finally {
    screen.close();
  }
  await until('nothing is left', async () => (await left()).length === 0);
}

test('the shell has the state of the RUN; a retry takes what was mended, and the cache does not', async () => {
  await onScreen(async (screen) => {
    screen.command('pwd; cat begun; cat /cache/it; echo $WHO');
    await screen.see(/\/srv\nhalf\nworld of \/cache\nworld\n/);
    screen.command('echo by hand >mended; exit');
    await screen.see(/or help:$/);
    screen.command('fresh');
    await screen.see(/can't open 'mended'[^]*can't open 'mended'[^]*\/srv #$/);
    screen.command('echo by hand >mended; exit');
    await screen.see(/or help:$/);
    screen.command('retry');
    await screen.see(/mended by hand: another build[^]*code 0/);
  });
  assert.is(await d.ok('run', '--rm', '--network', 'none', 'made'), 'by hand');
  const { code, err } = await d.cli('build', dir);
  assert.is.not(code, 0);
  assert.match(err, 'non-zero code: 1');
  assert.match(await d.ok('build', 'why', dir), /miss {2}4\/5/);
});

test('what is there is taken by continue, and abort ends with the code of the RUN', async () => {
  await onScreen(async (screen) => {
    screen.command('echo without it >mended; exit');
    await screen.see(/or help:$/);
    screen.command('continue');
    await screen.see(/code 0/);
  });
  assert.is(await d.ok('run', '--rm', '--network', 'none', 'made'), 'without it');
  await onScreen(async (screen) => {
    screen.command('exit');
    await screen.see(/or help:$/);
    screen.command('abort');
    await screen.see(/non-zero code: 1\ncode 1/);
  });
});

test('a client that goes away while the shell runs leaves nothing', async () => {
  await onScreen(async (screen) => {
    screen.command('sleep 1000');
    await until('the shell runs', async () => (await d.ok('ps', '-q')) !== '');
  });
  assert.equal(await left(), []);
});

test.run();
