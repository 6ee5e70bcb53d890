import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('one terminal for one container after the other', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  for (const name of ['one', 'two']) await visit.daemon.ok('run', '-dit', '--name', name, 'ubuntu', 'cat');
  await visit.page.goto(await visit.address());
  await look('one');
  await visit.page.getByRole('button', { name: 'terminal and journal' }).click();
});
test.after(() => visit.close());

const look = (name: string) =>
  visit.page.getByRole('button', { name: new RegExp(`^(Container ${name}:|${name} running)`) }).click();
/** Types a word, and waits until cat in the terminal has echoed it. */
async function say(word: string): Promise<void> {
  await visit.page.locator('.xterm-screen').click();
  await until(`the terminal answers ${word}`, async () => {
    if (new RegExp(`${word}\\s+${word}`).test(await visit.terminal())) return true;
    // The terminal was not attached yet, so the input was lost.
    if (!(await visit.terminal()).includes(word)) await visit.page.keyboard.type(`${word}\n`);
    return false;
  });
}

test('what is typed goes to the container that is shown, and what it says stands alone', async () => {
  const { page, daemon } = visit;
  await look('one');
  await say('first');
  await page.evaluate('void (document.querySelector(".xterm").same = true)');
  await look('two');
  await until('the terminal is empty', async () => !(await visit.terminal()).includes('first'));
  await say('second');
  assert.not.match(await visit.terminal(), /first/);
  await look('one');
  await until('the terminal is empty', async () => !(await visit.terminal()).includes('second'));
  await say('third');
  assert.ok(await page.evaluate('document.querySelector(".xterm").same'), 'no other terminal was made');
  assert.not.match(await daemon.ok('logs', 'one'), /second/);
  assert.not.match(await daemon.ok('logs', 'two'), /first|third/);
});

test('a shell beside it ends with the container that is left', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: '+ exec' }).click();
  await page.getByRole('tab', { name: 'exec sh' }).waitFor();
  await look('two');
  await page.getByRole('tab', { name: 'exec sh' }).waitFor({ state: 'detached' });
  assert.is(await page.locator('.xterm').count(), 1);
  await say('fourth');
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
