/** The whole page in Russian: no view contains English, axe finds nothing, and the choice of the language is stored. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import type { Event } from '../../../runtime/journal/event.ts';
import { line } from '../../../runtime/journal/line.ts';
import { suite } from '../../harness.ts';
import { bringAxe, violations } from '../axe.ts';
import { needs, Visit } from '../browser.ts';
import { englishLeft, runsOfEnglish } from './english-left.ts';
import { until } from '../../until.ts';

const test = suite('the page in Russian', ...needs);
const dir = mkdtempSync('/tmp/drydock-words-');
const pictures = ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security', 'Timeline'];
let visit: Visit;
/** the journal of the selected container */
let told = '';
const journalOf = async (name: string): Promise<string> =>
  (await visit.daemon.ok('trace', '--json', name))
    .split('\n')
    .map((text) => line(JSON.parse(text) as Event))
    .join('\n');
test.before(async () => {
  visit = await Visit.open({ locale: 'ru-RU' });
  await bringAxe(visit.context);
  await visit.daemon.ok('pull', 'ubuntu');
  await visit.page.goto(await visit.address());
  await visit.page.getByText('соединено', { exact: true }).waitFor();
});
test.after(async () => {
  await visit.close();
  rmSync(dir, { recursive: true, force: true });
});

const english = async (page: Page, title: string) =>
  (await englishLeft(page, told, [visit.daemon.name])).map((found) => `${title}: ${found}`);
const faults = async (page: Page, title: string): Promise<string[]> => {
  await visit.shot(`ru-${title.replaceAll(' ', '-')}`);
  return [...(await english(page, title)), ...(await violations(page)).map((found) => `${title}: ${found}`)];
};
const choose = async (page: Page, name: string) => {
  await page.locator(`#tab-${name}`).click();
  await page.locator(`#picture[aria-labelledby="tab-${name}"]`).waitFor();
  if (pictures.includes(name)) await page.locator('#picture section .summary').waitFor();
};
/**
 * All findings are reported together. By default only English is looked for, because axe's findings do not depend on
 * the moment of the run.
 */
async function walk(page: Page, when: string, names: readonly string[], look = english): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    await choose(page, name);
    found.push(...(await look(page, `${when} ${name}`)));
  }
  return found;
}
const clean = (found: readonly string[]) => assert.equal([...new Set(found)], []);

test('what is left is seen, and names are not taken for words', () => {
  assert.equal(runsOfEnglish('Шаг was held, и всё'), ['was held']);
  assert.equal(runsOfEnglish('see the picture'), ['see the picture']);
  assert.equal(runsOfEnglish('спецификация OCI, «Layer ChainID»; «Шаг was held»'), ['was held']);
  assert.equal(
    runsOfEnglish('run --rm -it ubuntu /bin/bash, mount(2), init.pivot-root, docker, upper и merged, MS_REC'),
    [],
  );
  assert.equal(runsOfEnglish('CAP_NET_RAW TCP UDP · ● veth 10.0.0.1'), []);
});

test('who asks the browser for Russian gets it, with the language of the document', async () => {
  const { page } = visit;
  assert.is(await page.evaluate('document.documentElement.lang'), 'ru');
  assert.is(await page.title(), 'Песочница Drydock');
  clean(await faults(page, 'empty'));
});

test('the list of lessons', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'Уроки' }).click();
  await page.locator('.list li').first().waitFor();
  const found = await faults(page, 'lessons');
  await page.getByRole('button', { name: 'Уроки' }).click();
  clean(found);
});

test('what can be broken, and a refusal', async () => {
  const { page } = visit;
  await page.locator('summary').first().click();
  await page.locator('.menu label').first().waitFor();
  const found = await faults(page, 'break it');
  await page.keyboard.press('Escape');
  await page.locator('#line').fill('run --memory 12q ubuntu');
  await page.keyboard.press('Enter');
  await page.locator('.message').waitFor();
  found.push(...(await faults(page, 'refused')));
  await page.locator('.message button').click();
  clean(found);
});

test('every picture of a run that stands, and what the kernel says', async () => {
  const { page } = visit;
  await page.locator('#line').fill('run --name first --memory 64m --pids-limit 50 -it ubuntu /bin/bash');
  await visit.pressTo('Enter', /^pull\./);
  const found = await faults(page, 'pull');
  for (const phase of ['create', 'rw-layer', 'network', 'init']) await visit.pressTo(']', new RegExp(`^${phase}\\.`));
  await visit.pressTo('ArrowRight', /^init\./);
  told = await journalOf('first');
  clean([...found, ...(await walk(page, 'held', [...pictures, 'Journal', 'Kernel'], faults))]);
});

test('the same as tables', async () => {
  const { page } = visit;
  const found: string[] = [];
  for (const name of pictures) {
    await choose(page, name);
    await page.locator('#picture header button[aria-pressed]').first().click();
    await page.locator('#picture table').first().waitFor();
    found.push(...(await faults(page, `table ${name}`)));
  }
  const machine = page.locator('.machine header button[aria-pressed]');
  await machine.click();
  found.push(...(await faults(page, 'table Machine')));
  await machine.click();
  clean(found);
});

test("a process that runs, its terminal's tools, and the help", async () => {
  const { page } = visit;
  await page.locator('h1').click();
  await page.keyboard.press(' ');
  await until('it runs', async () => (await visit.daemon.ok('ps', '-q')).length > 0);
  await page.locator('.tools button').first().click();
  await page.locator('.tools input').fill('there is no such thing');
  told = await journalOf('first');
  const found = await walk(page, 'running', [...pictures, 'Kernel']);
  await page.keyboard.press('Escape');
  await page.locator('h1').click();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  found.push(...(await faults(page, 'help')));
  await page.locator('dialog td button').first().click();
  found.push(...(await faults(page, 'help asking')));
  await page.locator('dialog .ends button').first().click();
  assert.is(await page.locator('.xterm-helper-textarea').first().getAttribute('aria-label'), 'Ввод терминала');
  clean(found);
});

test('frozen, the past, and what has ended', async () => {
  const { page, daemon } = visit;
  await daemon.ok('pause', 'first');
  await page.getByText('разморозить', { exact: true }).waitFor();
  const found = await walk(page, 'frozen', ['Cgroups']);
  await daemon.ok('unpause', 'first');
  told = await journalOf('first');
  await page.locator('h1').click();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('button', { name: 'назад в настоящее Esc' }).waitFor();
  found.push(...(await walk(page, 'past', [...pictures, 'Kernel'])));
  await page.locator('h1').click();
  await page.keyboard.press('Escape');
  await daemon.ok('kill', 'first');
  await daemon.ok('wait', 'first');
  await page.getByText('запустить снова', { exact: true }).waitFor();
  told = await journalOf('first');
  clean([...found, ...(await walk(page, 'ended', pictures))]);
});

test('two runs side by side, one of them with a part left out', async () => {
  const { page, daemon } = visit;
  await daemon.ok('run', '--leave-out', 'seccomp', '--name', 'second', 'ubuntu', 'true');
  told += await journalOf('second');
  await page.locator('.with select').selectOption({ label: 'second' });
  await page.locator('.differing').waitFor();
  const found = await faults(page, 'compare');
  await page.locator('section .bar button').first().click();
  clean(found);
});

test('a recording has both languages and the choice, without a daemon', async () => {
  const file = join(dir, 'run.html');
  await visit.daemon.ok('record', '-o', file, 'first');
  const context = await visit.browser.newContext({
    viewport: { width: 1500, height: 900 },
    offline: true,
    reducedMotion: 'reduce',
    locale: 'ru-RU',
  });
  context.setDefaultTimeout(20_000);
  await bringAxe(context);
  const page = await context.newPage();
  visit.listen(page);
  await page.goto(pathToFileURL(file).href);
  await page.locator('.where').waitFor();
  assert.match(await page.locator('p.recording').innerText(), /^Запись контейнера first/);
  assert.is(await page.title(), 'first: запись Drydock');
  await page.keyboard.press('Escape');
  const found = await walk(page, 'recorded', [...pictures, 'Journal', 'Kernel']);
  await page.getByLabel('Язык').selectOption('en');
  assert.match(await page.locator('p.recording').innerText(), /^Recording of first/);
  assert.is(await page.evaluate('document.documentElement.lang'), 'en');
  await context.close();
  clean(found);
});

test('the choice is on the page, and a browser keeps it', async () => {
  const { page } = visit;
  await page.getByLabel('Язык').selectOption('en');
  await page.getByText('connected', { exact: true }).waitFor();
  assert.ok((await englishLeft(page)).length > 5, 'the finder finds English');
  await page.reload();
  await page.getByText('connected', { exact: true }).waitFor();
  assert.equal(
    [await page.evaluate('document.documentElement.lang'), await page.title()],
    ['en', 'Drydock playground'],
  );
});

test('no page has complained of anything', () =>
  assert.equal(
    visit.complaints.filter((complaint) => !complaint.includes('ERR_INTERNET_DISCONNECTED')),
    [],
  ));

test.run();
