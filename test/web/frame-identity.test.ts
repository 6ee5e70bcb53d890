import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('frame k is frame k', ...needs);
const dir = mkdtempSync('/tmp/drydock-identity-');
const file = join(dir, 'run.html');
const pictures = ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security', 'Timeline'];
/** number of steps with one picture; then it is compared, and the next picture follows */
const TURN = 9;
let visit: Visit;
let id = '';
test.before(async () => {
  visit = await Visit.open();
  id = await visit.daemon.ok('run', '-d', '--memory', '64m', 'ubuntu', 'sh', '-c', 'echo one; echo two');
  await visit.daemon.ok('wait', id);
  await visit.daemon.ok('record', '-o', file, id);
});
test.after(async () => {
  await visit.close();
  rmSync(dir, { recursive: true, force: true });
});

/**
 * The displayed content: elements, their attributes in alphabetical order, and their texts. Left out: ids numbered by
 * the framework, the focus, and which folders of the list were opened by hand. A string, because it runs in the
 * browser.
 */
const SHOWN = `(() => {
  const left = /^(tabindex|open|data-frame)$/;
  const plain = (value) => value.replace(/\\b[sc]\\d+(?=[a-z])/g, '');
  const say = (node) => {
    if (node.nodeType === 3) return node.data;
    if (node.nodeType !== 1) return '';
    const attributes = [...node.attributes].filter(({ name }) => !left.test(name)).map(({ name, value }) => name + '=' + JSON.stringify(plain(name === 'class' ? value.split(/\\s+/).sort().join(' ') : value))).sort();
    return '\\n<' + [node.localName, ...attributes].join(' ') + '>' + [...node.childNodes].map(say).join('');
  };
  return ['.machine', '#picture', 'nav', '[aria-labelledby=now]', '.where'].map((place) => say(document.querySelector(place))).join('');
})()`;
const shown = (page: Page): Promise<string> => page.evaluate<string>(SHOWN);

/** Only the lines that differ, because a picture has thousands. */
function different(one: string, other: string): string[] {
  const [a, b] = [one.split('\n'), other.split('\n')];
  return Array.from({ length: Math.max(a.length, b.length) }, (_, j) => (a[j] === b[j] ? [] : [`${a[j]} | ${b[j]}`]))
    .flat()
    .slice(0, 5);
}
/** Waits until the throttling of pictures has ended, so that the picture shows the cursor's event. */
const calm = (page: Page) => page.locator('.page:not(.hurried)').waitFor();
/**
 * The parts beside the picture are updated one browser frame later (web/state/deferred-frame.svelte.ts): compares both
 * pages after that.
 */
async function same(one: Page, other: Page, where: string): Promise<number> {
  let [a, b] = [await shown(one), await shown(other)];
  for (const end = Date.now() + 60_000; a !== b && Date.now() < end;) [a, b] = [await shown(one), await shown(other)];
  assert.equal(different(a, b), [], where);
  return b.length;
}
/**
 * After fast steps the address is a quarter of a second late (web/state/hash.ts): waits until it names the displayed
 * event. At the newest event there is no k.
 */
function addressOf(page: Page): Promise<string> {
  return until('the address names the event that is shown', async () => {
    const [k, of] = (await page.locator('.where').innerText()).split(' / ').map(Number) as [number, number];
    const { hash } = new URL(page.url());
    return Number(/[?&]k=(\d+)/.exec(hash)?.[1] ?? of - 1) === k ? hash : undefined;
  });
}
async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name, exact: true }).click();
  await page.locator(`#picture section[aria-label=${name}]`).waitFor();
}
async function opened(hash: string): Promise<Page> {
  const page = await visit.context.newPage();
  visit.listen(page);
  await page.goto(`${pathToFileURL(file).href}${hash}`);
  await page.locator('.machine section').waitFor();
  return page;
}

test('stepping from the first event to the last shows what each of these addresses shows in a fresh tab', async () => {
  const page = await opened(`#run/${id}?k=0`);
  let compared = 0;
  let last = -1;
  for (let turn = 0; ; turn++) {
    const name = pictures[turn % pictures.length]!;
    await choose(page, name);
    await page.locator('h1').click();
    for (let j = 0; j < TURN; j++) {
      await page.keyboard.press(turn % 3 ? 'ArrowRight' : 'Shift+ArrowRight');
      await calm(page);
    }
    const k = Number((await page.locator('.where').innerText()).split(' / ')[0]);
    if (k === last) break;
    last = k;
    const address = await addressOf(page);
    const fresh = await opened(address);
    await choose(fresh, name);
    assert.ok((await same(fresh, page, `${name} at ${address}`)) > 10_000, 'something is shown');
    compared++;
    await fresh.close();
  }
  assert.ok(compared >= 10, `${compared} frames were compared`);
});

test('dragged to, and come back to, it is the same as well', async () => {
  const page = await opened(`#run/${id}?k=200`);
  await choose(page, 'Timeline');
  const fresh = await opened(`#run/${id}?k=200`);
  await choose(fresh, 'Timeline');
  const slider = page.getByRole('slider');
  for (const k of [10, 150, 40, 333, 90, 260, 200]) await slider.fill(String(k));
  await calm(page);
  await same(fresh, page, 'k 200');
  await fresh.close();
  await page.close();
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
