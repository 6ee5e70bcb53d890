/** A build on the page: its picture while it stands, later, and in a recording; and the tree of the image it made. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { busyboxImage } from '../e2e/busybox-image.ts';
import { ownRoom } from '../e2e/room.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';

await ownRoom();
const test = suite('a build on the page', ...needs, 'busybox');
let visit: Visit;
let dir: string;

const write = (name: string, content: string): void => {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};
const DOCKERFILE = `ARG BASE=base
FROM $BASE AS tools
RUN dd if=/dev/zero of=/tool bs=1024 count=300 2>/dev/null
FROM base
ENV MODE=fast
COPY package.txt /app/
RUN --mount=type=cache,target=/cache --mount=type=secret,id=key cat /run/secrets/key > /dev/null; echo built > /app/deps
COPY . /app
COPY --from=tools /tool /bin/tool
`;

test.before(async () => {
  visit = await Visit.open();
  await bringAxe(visit.context);
  const { daemon } = visit;
  await daemon.ok('tag', await busyboxImage(daemon, 'base'), 'base');
  dir = join(daemon.root, 'context');
  write('Dockerfile', DOCKERFILE);
  write('package.txt', 'one');
  write('src/main.txt', 'x'.repeat(200_000));
  write('key', 'secret');
  await visit.page.goto(await visit.address());
  await visit.page.getByText('connected', { exact: true }).waitFor();
});
test.after(() => visit.close());

const flags = () => ['build', '-t', 'app', '--secret', `id=key,src=${join(dir, 'key')}`];
const picture = () => visit.page.locator('#picture');
const row = (number: string) => visit.page.locator(`[data-key="row:${number}"]`);
const labelOf = async (number: string) => (await row(number).getAttribute('aria-label')) ?? '';
const builds = async () =>
  (await visit.daemon.json<{ id: string; kind: string }[]>('/drydock/operations')).filter(
    ({ kind }) => kind === 'build',
  );
const newest = async () => (await builds())[0]!.id;
const show = async (id: string) => {
  await visit.page.goto(`${new URL(visit.page.url()).origin}/#run/${id}`);
  await row('9').waitFor();
};

test('the picture shows the instruction at which a build stands, and opens the container that a RUN is', async () => {
  const { page, daemon } = visit;
  const building = daemon.begin('drydock', ...flags(), '--break', 'build.commit@7/9', dir);
  await until('it is under way', async () => (await builds()).length > 0);
  const id = await newest();
  await show(id);
  await until('it stands', async () => /stands before: Make an image of it/.test(await labelOf('7')));
  assert.match(await labelOf('7'), /not in the image: cache \/cache, secret \/run\/secrets\/key/);
  assert.match(await labelOf('8'), /not yet/);
  await visit.shot('build-held');
  await page.locator('[data-key="container:7"]').focus();
  await page.keyboard.press('Enter');
  await until('the container is shown', () => !page.url().includes(id));
  await page.goBack();
  await row('9').waitFor();
  await page.locator('h1').click();
  await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'continue' }).click();
  assert.is((await building.done).code, 0);
  await until('it is over', async () => /; done;/.test(await labelOf('9')));
  await until('the container is gone', async () => (await page.locator('[data-key="container:7"]').count()) === 0);
});

test('the picture of a later build shows what came from the cache, and which file made the rest anew', async () => {
  const { page } = visit;
  write('src/main.txt', 'y');
  await visit.daemon.ok(...flags(), dir);
  await show(await newest());
  await until('it is over', async () => /; done;/.test(await labelOf('9')));
  assert.match(await labelOf('7'), /from the cache/);
  assert.match(await labelOf('8'), /not in the cache.*file src\/main\.txt has changed/);
  await row('8').click();
  await page.getByRole('heading', { name: 'Instruction 8' }).waitFor();
  assert.match(await picture().innerText(), /COPY \. \/app[^]*file src\/main\.txt has changed/);
  await visit.shot('build-again');
});

test('the picture has no violations of accessibility, in dark, in Russian, and at 320 pixels', async () => {
  const { page } = visit;
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByLabel(/language/i).selectOption('ru');
  await until('it is in Russian', async () => /изменилось: файл src\/main\.txt/.test(await labelOf('8')));
  await visit.shot('build-dark-ru');
  assert.equal(await violations(page), []);
  await visit.resize({ width: 320, height: 844 });
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= 320'));
  await visit.shot('build-narrow', { fullPage: true });
  await page.getByLabel(/язык|language/i).selectOption('en');
  await page.emulateMedia({ colorScheme: 'light' });
  await visit.resize({ width: 1500, height: 900 });
});

test('an image that is chosen on the map is a tree down to its layers, and says which file a layer hides', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.getByRole('button', { name: /^Image app:latest|^Image app/ }).click();
  const region = page.getByRole('group', { name: 'What is the image made of?', exact: true });
  await region.waitFor();
  const top = region.locator('[data-key^="layer:"]').first();
  assert.match((await top.getAttribute('aria-label')) ?? '', /of this image alone/);
  assert.match(
    (await region.locator('[data-key^="layer:"]').last().getAttribute('aria-label')) ?? '',
    /shared with .*base/,
  );
  await page.getByRole('button', { name: 'look into the layers' }).click();
  await until('files are counted', async () => /1 files added/.test((await top.getAttribute('aria-label')) ?? ''));
  await top.focus();
  await page.keyboard.press('Enter');
  await page.getByText('/bin/tool').first().waitFor();
  await visit.shot('image');
  assert.equal(await violations(page), []);
  await page.emulateMedia({ colorScheme: 'dark' });
  await visit.shot('image-dark');
  await visit.resize({ width: 320, height: 844 });
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= 320'));
  await visit.shot('image-narrow', { fullPage: true });
  await page.emulateMedia({ colorScheme: 'light' });
  await visit.resize({ width: 1500, height: 900 });
});

test('a volume is a tank beside the layers, and what its mount point covers is named', async () => {
  const { page, daemon } = visit;
  const mounts = ['-v', 'kept:/app', '-v', `${join(dir, 'key')}:/etc/key:ro`];
  const id = await daemon.ok('run', '-d', '--name', 'holder', '--network', 'none', ...mounts, 'app', 'sleep', '1000');
  await page.goto(`${new URL(page.url()).origin}/#run/${id}`);
  await page.getByRole('tab', { name: 'Overlay' }).click();
  const tank = page.locator('[data-key="tank:/app"]');
  await until('what it covers', async () =>
    /^volume kept is mounted at \/app, read-write; covers \d names: .*deps/.test(
      (await tank.getAttribute('aria-label', { timeout: 1000 }).catch(() => '')) ?? '',
    ),
  );
  assert.match(
    (await page.locator('[data-key="tank:/etc/key"]').getAttribute('aria-label')) ?? '',
    /bind of .*read-only/,
  );
  await tank.scrollIntoViewIfNeeded();
  await visit.shot('tanks');
  assert.equal(await violations(page), []);
  await visit.resize({ width: 320, height: 844 });
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= 320'));
  await visit.shot('tanks-narrow', { fullPage: true });
  await visit.resize({ width: 1500, height: 900 });
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.locator('[data-key="volume:kept"]').click();
  const chosen = page.getByRole('region', { name: 'kept', exact: true });
  await chosen.getByRole('button', { name: 'holder /app' }).waitFor();
  await until('its size', async () => /Driver local, [^]*volumes\/kept\/_data/.test(await chosen.innerText()));
  assert.equal(await violations(page), []);
  await daemon.ok('rm', '-f', id);
});

test('a recording shows the picture without a daemon', async () => {
  const { page, daemon } = visit;
  const file = join(dir, 'build.html');
  await daemon.ok('record', '-o', file, await newest());
  await page.goto(`file://${file}`);
  await page.getByRole('button', { name: 'END', exact: true }).click();
  await until('the end is shown', async () => /; done;/.test(await labelOf('9')));
  assert.match(await labelOf('8'), /file src\/main\.txt has changed/);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
