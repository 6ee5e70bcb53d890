/**
 * Lessons in a browser: lesson 1 without a mouse; lesson 6 with one, interrupted in the middle and continued with
 * another daemon.
 */
import * as assert from 'uvu/assert';
import type { Page } from 'playwright-core';
import { suite } from '../harness.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';
import { finishOnPage, readOn } from './quiz.ts';
import { until } from '../until.ts';

const test = suite('lessons in a browser', ...needs);
let visit: Visit;
let page: Page;
const shot = (name: string) => visit.shot(name);

test.before(async () => {
  visit = await Visit.open();
  ({ page } = visit);
  await bringAxe(visit.context);
  // The image exists, as after any run.
  await visit.daemon.ok('run', '--rm', 'ubuntu', 'true');
});
test.after(() => visit.close());

const task = (id: string) => page.locator(`[data-task="${id}"]`);
const done = (id: string) => page.locator(`[data-task="${id}"][data-state=done]`).waitFor();
/** Presses Tab until the focused element matches. */
async function tabTo(
  what: string,
  fits: (focused: { text: string; label: string; type: string }) => boolean,
  key = 'Tab',
): Promise<void> {
  for (let n = 0; n < 150; n++) {
    // In one evaluation, because the focus may change between two.
    const focused = await page.evaluate<{ text: string; label: string; type: string }>(`(() => {
      const at = document.activeElement;
      return { text: (at === document.body ? '' : at?.textContent ?? '').trim(), label: at?.getAttribute('aria-label') ?? '', type: at?.getAttribute('type') ?? '' };
    })()`);
    if (fits(focused)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`the keyboard does not lead to ${what}`);
}
async function type(line: string): Promise<void> {
  await page.keyboard.type(`${line}\n`);
}
const prompt = () => until('the shell has a prompt', async () => /[#$] *$/m.test((await visit.terminal()).trimEnd()));

test('from the first page to the end of lesson 1, by keyboard alone', async () => {
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await tabTo('the lessons', ({ text }) => text === 'Lessons');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'A process', exact: true }).waitFor();
  await shot('list');
  assert.equal(await violations(page), []);
  await tabTo('the first lesson', ({ text }) => /^Begin with A container is a process/.test(text));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'A container is a process' }).waitFor();
  await task('cloned').waitFor();
  assert.match(page.url(), /#lesson\/process/);
  await page.locator('[data-task=cloned][data-state=open]').waitFor();
  await until('it stands before clone3', async () => (await visit.step()) === 'create.clone3');
  await shot('lesson');
  assert.equal(await violations(page), []);
  // After a reload the page shows the run at the place where it is held.
  await page.reload();
  await page.locator('[data-task=cloned][data-state=open]').waitFor();
  await until('it still stands before clone3', async () => (await visit.step()) === 'create.clone3');
  assert.is(await page.locator('.lesson [role=alert]').count(), 0, 'a start that is held is not one that failed');
  // The text that tells the result is kept back until the learner has committed to a guess.
  const told = page.getByText('There is a process. Find its line');
  assert.is(await told.count(), 0);
  await tabTo('the guess', ({ type: kind }) => kind === 'radio');
  await page.keyboard.press('ArrowDown');
  await tabTo('the button', ({ text }) => text === 'That is my guess');
  await page.keyboard.press('Enter');
  await page.getByText('Your guess is kept.').waitFor();
  await told.waitFor();
  await shot('guessed');
  await page.keyboard.press('ArrowRight');
  await done('cloned');
  await page.getByText('It came out otherwise.').waitFor();
  await page.getByText('There are no other processes, and nothing was booted').waitFor();
  // The explanation of a term: open it and return.
  await tabTo('a term', ({ text }) => text === 'kernel', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('note', { name: 'Kernel' }).waitFor();
  await page.keyboard.press('Escape');
  assert.is(await page.locator(':focus').textContent(), 'kernel');
  await tabTo('continue', ({ text }) => /^continue/.test(text));
  await page.keyboard.press('Enter');
  await done('running');
  await tabTo('the terminal', ({ label }) => /^Terminal input|^Terminal/i.test(label), 'Tab');
  await prompt();
  // A wrong action brings its hint.
  await type('echo hello');
  await task('one').getByText('prints the shell').waitFor();
  await type('echo $$');
  await done('one');
  await type('sleep 1000 &');
  await done('seen');
  await shot('done');
  await type('exit');
  await done('ended');
  await page.keyboard.press('Control+]');
  // Shift+Tab from the terminal reaches the last question first; arrow keys choose an answer.
  for (const [question, right] of [
    [2, 'its process 1 ended'],
    [1, 'Another one'],
    [0, 'An ordinary process'],
  ] as const) {
    await tabTo(`question ${question + 1}`, ({ type: kind }) => kind === 'radio', 'Shift+Tab');
    const chosen = page.locator('form.question').nth(question).locator('label', { hasText: right }).locator('input');
    await page.keyboard.press('Space');
    for (let n = 0; n < 3 && !(await chosen.isChecked()); n++) await page.keyboard.press('ArrowDown');
    await tabTo('answer', ({ text }) => text === 'Answer');
    await page.keyboard.press('Enter');
    await page.locator('form.question').nth(question).getByText('Right.').waitFor();
  }
  await page.getByText('The lesson is finished.').last().waitFor();
  await shot('finished');
  assert.equal(await violations(page), []);
  await tabTo('leave', ({ text }) => text === 'Leave the lesson');
  await page.keyboard.press('Enter');
  await page.locator('li.finished').waitFor();
  await until("the lesson's container is gone", async () => (await visit.daemon.ok('ps', '-aq')) === '');
});

test('lesson 6 by mouse, left in the middle, and taken up again with another daemon', async () => {
  await page.getByRole('link', { name: 'The first write' }).click();
  await page.getByRole('heading', { name: 'The first write' }).waitFor();
  await page.locator('.xterm-screen').click();
  await prompt();
  await type("echo '# me' >> /etc/passwd");
  await done('copied');
  await type('chmod 600 /etc/group');
  await done('touched');
  await readOn(page);
  await page.getByRole('button', { name: 'look at its way' }).click();
  assert.is(await page.getByRole('tab', { name: 'Overlay' }).getAttribute('aria-selected'), 'true');
  await until('the object is selected', async () => /sel=upper/.test(page.url()));
  await shot('copy-up');
  // The daemon ends without the lesson being left, and another one starts.
  await visit.daemon.stop();
  await page.getByText('connection lost').waitFor();
  assert.match(
    await page.locator('.lesson .where').innerText(),
    /The connection is lost\. This is how far you were: 2 of \d tasks/,
  );
  await visit.daemon.start();
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Lessons' }).click();
  await page.getByRole('link', { name: 'Go on with The first write' }).click();
  await done('copied');
  await done('touched');
  await page.locator('.xterm-screen').click();
  await prompt();
  await type('rm /etc/shells; rm -r /etc/ld.so.conf.d; mkdir /etc/ld.so.conf.d');
  await done('hidden');
  await done('opaque');
  await visit.daemon.ok('run', '--name', 'mine', 'ubuntu', 'cat', '/etc/shells');
  await done('fresh');
  await finishOnPage(page, ['A gigabyte and a line', 'Not at all', 'The extended attribute']);
  await page.getByLabel('Language').selectOption('ru');
  await page.getByRole('heading', { name: 'Первая запись' }).waitFor();
  await done('copied');
  await shot('copy-up-ru');
  await page.getByLabel('Язык').selectOption('en');
  await page.getByRole('button', { name: 'Leave the lesson' }).click();
  await page.locator('li.finished').nth(1).waitFor();
  // Only what the lesson started is gone.
  await until('the container is gone', async () => !(await visit.daemon.ok('ps', '-a')).includes('lesson-copy-up'));
  assert.match(await visit.daemon.ok('ps', '-a'), /mine/);
});

test('a lesson without a container of its own shows the one that the learner makes, and lets choose between several', async () => {
  await page.goto(`${page.url().replace(/#.*/, '')}#lesson/registry`);
  await page.locator('[data-task=stopped][data-state=open]').waitFor();
  const shown = page.getByRole('group', { name: 'The pictures show' });
  assert.is(await shown.count(), 0);
  await visit.daemon.ok('create', '--name', 'first', 'ubuntu', 'true');
  await shown.getByRole('button', { name: 'first', exact: true, pressed: true }).waitFor();
  await visit.daemon.ok('create', '--name', 'second', 'ubuntu', 'true');
  await shown.getByRole('button', { name: 'second', exact: true }).click();
  await shown.getByRole('button', { name: 'second', exact: true, pressed: true }).waitFor();
  assert.is(await shown.getByRole('button', { name: 'first', exact: true }).getAttribute('aria-pressed'), 'false');
  await visit.daemon.ok('rm', 'first', 'second');
});

test('a lesson that is entered again shows its own container, and names one that does not belong to it', async () => {
  const address = page.url().replace(/#.*/, '');
  await visit.daemon.ok('create', '--name', 'foreign', 'ubuntu', 'true');
  const [foreign] = await visit.daemon.json<{ Id: string }[]>('/containers/json?all=1');
  await page.goto(`${address}#lesson/copy-up`);
  const shown = page.getByRole('group', { name: 'The pictures show' });
  const own = shown.getByRole('button', { name: 'lesson-copy-up', exact: true });
  await own.and(page.locator('[aria-pressed=true]')).waitFor();
  // the lesson stays open while another container is looked at
  await page.evaluate(`location.hash = '#run/${foreign!.Id}'`);
  await until('the other container is shown', () => page.url().includes(foreign!.Id));
  await shown.waitFor({ state: 'detached' });
  await page.evaluate(`location.hash = '#lesson/copy-up'`);
  await own.and(page.locator('[aria-pressed=true]')).waitFor();
  assert.is(await shown.getByRole('status').count(), 0, 'no other container is named');
  await visit.daemon.ok('rm', 'foreign');
  await page.getByRole('button', { name: 'Leave the lesson' }).click();
});

test('the page has complained of nothing', () => {
  const expected = /WebSocket connection to|ERR_CONNECTION_REFUSED/;
  assert.equal(
    visit.complaints.filter((text) => !expected.test(text)),
    [],
  );
});

test.run();
