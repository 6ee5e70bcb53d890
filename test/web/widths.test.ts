import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';

const test = suite('pictures in their panels', ...needs);
const dir = mkdtempSync('/tmp/drydock-widths-');
const file = join(dir, 'run.html');
const pictures = ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security', 'Timeline'];
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  const id = await visit.daemon.ok('run', '-d', '--memory', '64m', 'ubuntu', 'sh', '-c', 'echo one > /one; sleep 1000');
  await visit.daemon.ok('record', '-o', file, id);
  await visit.daemon.ok('rm', '-f', id);
});
test.after(async () => {
  await visit.close();
  rmSync(dir, { recursive: true, force: true });
});

/**
 * For each picture: how many pixels it extends beyond its panel, and its scale (page pixels per pixel of the picture).
 * The timeline is as long as the run and scrolls.
 */
const MEASURE = `[...document.querySelectorAll('.machine section.drawn, #picture section.drawn')].map((panel) => {
  const svg = panel.querySelector('svg[viewBox]');
  const box = (panel.querySelector('.scroll') ?? svg).getBoundingClientRect();
  const of = svg.closest('.scroll') ? 1 : box.width / svg.viewBox.baseVal.width;
  return { name: panel.getAttribute('aria-label'), beyond: Math.max(box.right - panel.getBoundingClientRect().right, panel.scrollWidth - panel.clientWidth), scale: of, used: box.width / panel.clientWidth };
})`;
interface Measured {
  name: string;
  beyond: number;
  scale: number;
  used: number;
}

for (const [width, height] of [
  [1280, 800],
  [1500, 900],
  [1920, 1080],
] as const) {
  test(`at ${width} × ${height} no picture is wider than its panel, none is shrunk, and each uses what there is`, async () => {
    const { page } = visit;
    await visit.resize({ width, height });
    await page.goto(pathToFileURL(file).href);
    for (const name of pictures) {
      await page.getByRole('tab', { name, exact: true }).click();
      await page.locator(`#picture section[aria-label=${name}] svg[viewBox]`).first().waitFor();
      const measured = await page.evaluate<Measured[]>(MEASURE);
      assert.equal(
        measured.map((one) => one.name),
        ['Machine', name],
      );
      for (const { name: which, beyond, scale, used } of measured) {
        assert.ok(beyond <= 0, `${which} reaches ${beyond} px beyond its panel`);
        assert.ok(scale >= 0.99, `${which} is drawn at ${scale}`);
        if (which !== 'Timeline') assert.ok(used > 0.85, `${which} uses ${used}`);
      }
    }
    assert.equal(visit.complaints, []);
  });
}

/** The smallest rendered size of the pictures' texts, and which text it is. */
const SMALLEST = `[...document.querySelectorAll('section.drawn svg[viewBox] text')].filter((text) => text.textContent.trim()).map((text) => [Number(text.getAttribute('font-size')) * text.ownerSVGElement.getScreenCTM().a, text.textContent]).sort(([a], [b]) => a - b)[0]`;
const PAGE = '[document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerWidth, innerHeight]';
const tabs = async () => (await visit.page.getByRole('tab').all()).slice(0, 7);

for (const language of ['en', 'ru'] as const) {
  test(`beside a lesson and in a comparison, at 1280 pixels, words in pictures have 11 pixels and the page is no higher than the window, in ${language}`, async () => {
    const { page } = visit;
    await visit.resize({ width: 1280, height: 800 });
    const [a, b] = await Promise.all(
      [
        ['--memory', '64m'],
        ['--network', 'none'],
      ].map((flags) => visit.daemon.ok('run', '-d', ...flags, 'ubuntu', 'sleep', '1000')),
    );
    const address = await visit.address();
    await page.goto(address);
    // the printed address opens a session and goes on to the page: what is evaluated before that may be lost
    await page.locator('.link.open').waitFor();
    await page.evaluate(`localStorage.setItem('drydock.language', '${language}')`);
    const open = async (hash: string) => {
      await page.goto('about:blank');
      await page.goto(new URL(`/${hash}`, address).href);
    };
    await open('#lesson/memory');
    await page.locator('[data-task][data-state=open]').first().waitFor();
    for (const tab of await tabs()) {
      await tab.click();
      await page.locator('#picture section.drawn svg[viewBox] text').first().waitFor();
      const [size, text] = await page.evaluate<[number, string]>(SMALLEST);
      assert.ok(size >= 10.95, `${text}: ${size}`);
      const [wide, high, width, height] = await page.evaluate<number[]>(PAGE);
      assert.equal([wide, high], [width, height]);
    }
    await open(`#compare/${a}/${b}`);
    await page.locator('section.drawn [data-key^="step:network."]').first().waitFor();
    const [size, text] = await page.evaluate<[number, string]>(SMALLEST);
    assert.ok(size >= 10.95, `${text}: ${size}`);
    const [wide, high, width, height] = await page.evaluate<number[]>(PAGE);
    assert.equal([wide, high], [width, height]);
    await visit.daemon.ok('rm', '-f', a!, b!);
    await page.goto('about:blank');
  });
}

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
