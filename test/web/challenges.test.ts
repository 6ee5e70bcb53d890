/** Challenges on the page: found on the first page, pointed at in a picture, mended from outside, in both languages. */
import * as assert from 'uvu/assert';
import { loadCourse } from '../../lessons/load.ts';
import { suite } from '../harness.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('challenges on the page', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open({ colorScheme: 'light' });
  await bringAxe(visit.context);
  await visit.daemon.ok('run', '--rm', 'ubuntu', 'true');
  await visit.page.goto(await visit.address());
  await visit.page.locator('.link.open').waitFor();
});
test.after(() => visit.close());

const fits = () => visit.page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
const machine = async (): Promise<string> => (await visit.page.locator('.text p code').first().innerText()).trim();
/** axe's violations in light and dark, and whether 320 pixels are wide enough. */
async function everyWay(name: string): Promise<void> {
  const { page } = visit;
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await visit.shot(`challenge-${name}-${colorScheme}`);
    found.push(...(await violations(page)).map((line) => `${name}, ${colorScheme}: ${line}`));
  }
  await visit.resize({ width: 320, height: 800 });
  await visit.shot(`challenge-${name}-320`, { fullPage: true });
  assert.ok(await fits(), `${name} is wider than 320 pixels`);
  await visit.resize({ width: 1500, height: 900 });
  assert.equal([...new Set(found)], []);
}

test('the first page lists them, and one is opened with the keyboard', async () => {
  const { page } = visit;
  const links = page.getByRole('navigation', { name: 'Challenges' }).getByRole('link');
  await links.first().waitFor();
  assert.is(await links.count(), loadCourse('lessons').challenges.length);
  await everyWay('first-page');
  await page.getByRole('link', { name: 'The dead do not leave' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'The dead do not leave' }).waitFor();
});

test('a wrong pointing is told its reason; a mark in the picture chooses what is to blame', async () => {
  const { page } = visit;
  const form = page.getByRole('form', { name: 'Point at the fault' });
  await form.getByLabel('There is no limit of processes').check();
  await form.getByRole('button', { name: 'This is to blame' }).click();
  await form.getByText('A limit would make it worse').waitFor();
  await page.locator('[data-task=mend][data-state=waiting]').waitFor();
  await page.locator('#picture [data-key="row:init"]').click();
  await until('it is chosen', () => form.getByLabel('Its process 1').isChecked());
  await everyWay('pointing');
  await form.getByRole('button', { name: 'This is to blame' }).click();
  await page.locator('[data-task=point][data-state=done]').waitFor();
  assert.match(await form.innerText(), /stays as a zombie/);
});

test('it is mended in another terminal by a container with the same name', async () => {
  const { page, daemon } = visit;
  const name = await machine();
  await page.locator('[data-task=mend]').getByText('there are still zombies in it').waitFor();
  await daemon.ok('rm', '-f', name);
  const z = '(sleep 0.2 &); (sleep 0.2 &); exec sleep 7777';
  await daemon.ok('run', '-d', '--name', name, 'ubuntu', 'sh', '-c', z);
  await until('the new one is shown', async () => (await machine()) === name);
  await daemon.ok('rm', '-f', name);
  const { values } = JSON.parse((await daemon.api('POST', '/drydock/lessons/undead/open')).body) as {
    values: { end: string };
  };
  await daemon.ok('run', '-d', '--init', '--name', name, 'ubuntu', 'sh', '-c', z.replace('7777', values.end));
  await page.getByText('Found and mended: the challenge is done.').waitFor();
  await page.getByLabel('Language').selectOption('ru');
  await page.getByRole('heading', { name: 'Мёртвые не уходят' }).waitFor();
  await everyWay('mended-ru');
  await page.getByLabel('Язык').selectOption('en');
  await page.getByRole('button', { name: 'Leave the challenge' }).click();
  await page.getByRole('region', { name: 'Challenges' }).locator('li.finished', { hasText: 'The dead' }).waitFor();
  await everyWay('list');
  await until('nothing is left', async () => (await daemon.ok('ps', '-aq')) === '');
});

test('the last hint starts the healthy twin and leads to the comparison', async () => {
  const { page, daemon } = visit;
  await page.getByRole('link', { name: 'Root, and yet not permitted' }).click();
  const task = page.locator('[data-task=point]');
  for (const left of [3, 2, 1]) await task.getByRole('button', { name: new RegExp(`${left} left`) }).click();
  await page.getByRole('link', { name: /^Compare with the healthy twin/ }).click();
  await page.getByText('Narrow the bounding set').first().waitFor();
  assert.match(await page.evaluate<string>('location.hash'), /^#compare\/[0-9a-f]+\/[0-9a-f]+/);
  await visit.shot('challenge-compare');
  await page.goBack();
  await page.getByRole('button', { name: 'Leave the challenge' }).click();
  await until('nothing is left', async () => (await daemon.ok('ps', '-aq')) === '');
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
