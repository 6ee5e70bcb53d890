/**
 * The first visit: the page says what to do first, no part of it needs a hundred presses of Tab, and it is readable at
 * any zoom.
 */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('for who has never seen it', ...needs);
let visit: Visit;
let origin = '';
test.before(async () => {
  visit = await Visit.open();
  const address = await visit.address();
  ({ origin } = new URL(address));
  await visit.page.goto(address);
  await visit.page.getByText('connected', { exact: true }).waitFor();
});
test.after(() => visit.close());

const open = async (hash: string) => {
  await visit.page.goto('about:blank');
  await visit.page.goto(`${origin}/${hash}`);
  await visit.page.locator('.link.open').waitFor();
};
const events = async (name: string) =>
  (await visit.daemon.api('GET', `/drydock/containers/${name}/journal`)).body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; at?: string; phase?: string; seq: number });
const focused = () => visit.page.evaluate<string>(`(document.activeElement.textContent ?? '').trim()`);

test('the first page says what to do, and leads to the lessons, which have the page to themselves', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: /Watch a container being born/ }).waitFor();
  await page.getByRole('link', { name: /^Everything, from the beginning/ }).waitFor();
  await page.getByRole('button', { name: 'Lessons' }).click();
  await page.getByText(/^0 of \d+ lessons finished$/).waitFor();
  await page.getByRole('link', { name: /^Begin with / }).waitFor();
  assert.is(await page.locator('#picture, #now, .xterm').count(), 0);
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.locator('.map').waitFor();
});

test('with the keyboard three places are near: what happens now, the pictures, the terminal', async () => {
  const { page, daemon } = visit;
  const id = await daemon.ok('run', '-d', '--name', 'still', 'ubuntu', 'sleep', '1000');
  for (const [press, text, lands] of [
    [1, 'to what happens now', 'freeze'],
    [2, 'to the pictures', 'Namespaces'],
    [3, 'to the terminal', 'process 1'],
  ] as const) {
    await open(`#run/${id}`);
    await page.getByRole('button', { name: 'freeze' }).waitFor();
    for (let n = 0; n < press; n++) await page.keyboard.press('Tab');
    assert.is(await focused(), text);
    assert.ok((await page.locator(':focus').boundingBox())!.height > 20, 'it is seen while it has the focus');
    await page.keyboard.press('Enter');
    assert.is(await focused(), lands);
  }
});

test('a window that changes its size calls nothing for a process without a terminal', async () => {
  const before = (await events('still')).length;
  for (const width of [1400, 1300, 1450]) {
    await visit.resize({ width, height: 880 });
    await visit.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  }
  // Answers of one connection arrive in order, so this answer comes after those to the earlier requests.
  await visit.page.getByRole('tab', { name: 'Kernel' }).click();
  await visit.page.getByText('cgroup:[').first().waitFor();
  assert.equal(
    (await events('still')).slice(before).filter((event) => /pidfd_getfd|TIOCSWINSZ/.test(JSON.stringify(event))),
    [],
  );
});

test('looked back at where a phase begins, the page names the phase, and runs again from its first step', async () => {
  const { page, daemon } = visit;
  const id = (await daemon.json<{ Id: string }>('/containers/still/json')).Id;
  const { seq } = (await events('still')).find(
    ({ type, at, phase }) => type === 'phase' && at === 'enter' && phase === 'network',
  )!;
  await open(`#run/${id}?k=${seq}`);
  const now = page.locator('section[aria-labelledby=now]');
  await now.getByRole('heading', { name: 'Connect the network' }).waitFor();
  assert.not.match(await now.innerText(), /still is running/);
  await page.getByRole('button', { name: 'run again from here' }).click();
  await until(
    'it stands before the first step',
    async () => (await visit.heading()).startsWith('Stands before') && /^network\./.test(await visit.step()),
  );
});

test('between two steps of the past the list shows the one that the cursor is at', async () => {
  const { page } = visit;
  await page.locator('h1').click();
  await page.keyboard.press('ArrowLeft');
  await page.getByText('back to LIVE').waitFor();
  const step = await visit.step();
  assert.is(await page.locator('li[data-step]:has([aria-current=step])').getAttribute('data-step'), step);
  await page
    .locator(`li[data-step="${step}"]`)
    .evaluate(
      '(item) => { const { top, bottom } = item.getBoundingClientRect(); const list = item.closest("section").getBoundingClientRect(); if (top < list.top || bottom > list.bottom) throw new Error("out of sight"); }',
    );
});

test('one key opens the palette: it knows what is a command, finds lessons and containers, and says what is not taken', async () => {
  const { page } = visit;
  await page.locator('h1').click();
  await page.keyboard.press('/');
  const field = page.getByRole('combobox', { name: 'Search and commands' });
  const options = page.getByRole('listbox', { name: 'results' }).getByRole('option');
  await field.fill('ps -a');
  await page.getByText('drydock ps is a command for a terminal').waitFor();
  await page.keyboard.press('Enter');
  assert.ok(await field.isVisible(), 'what is not taken does nothing');
  await field.fill('first write');
  await until('the lesson is found', async () => /The first write/.test(await options.first().innerText()));
  await page.keyboard.press('Escape');
  await field.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'search' }).click();
  await field.fill('security');
  await page.keyboard.press('Enter');
  await page.locator('[role=tab][aria-selected=true]', { hasText: 'Security' }).waitFor();
  await page.keyboard.press('/');
  await field.fill('run --name sought ubuntu true');
  await page.keyboard.press('Enter');
  await until('it runs', async () => /sought/.test(await visit.daemon.ok('ps', '-a', '--format', 'json')));
});

for (const language of ['en', 'ru'] as const) {
  test(`at 200 and at 400 per cent nothing has to be scrolled to the side, in ${language} (WCAG 1.4.10)`, async () => {
    const { page, daemon } = visit;
    const [a, b] = (await daemon.json<{ Id: string }[]>('/containers/json?all=1')).map(({ Id }) => Id);
    await page.evaluate(`localStorage.setItem('drydock.language', '${language}')`);
    for (const width of [640, 320]) {
      await visit.resize({ width, height: 400 });
      for (const hash of [`#run/${a}`, `#run/${a}?k=9`, `#compare/${a}/${b}`, '#lessons', '#lesson/process']) {
        await open(hash);
        if (hash === '#lesson/process') await page.locator('[data-task]').first().waitFor();
        assert.ok(
          await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'),
          `${hash} at ${width}: ${await page.evaluate('document.documentElement.scrollWidth')}`,
        );
      }
      // A lesson's text comes before the pictures and controls that it is about.
      assert.ok((await page.locator('.learning').boundingBox())!.y < (await page.locator('#now').boundingBox())!.y);
    }
  });
}

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
