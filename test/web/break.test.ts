import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { leavingOut, leftOutIn } from '../../web/state/break-line.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('breaking it in a browser', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  await visit.page.goto(await visit.address());
  await visit.page.getByText('connected', { exact: true }).waitFor();
});
test.after(() => visit.close());

test('flags are put into a line before its image, and taken out again', () => {
  assert.is(leavingOut('run -it ubuntu sh', ['seccomp']), 'run --leave-out seccomp -it ubuntu sh');
  assert.is(leavingOut('docker run ubuntu', ['a', 'b']), 'docker run --leave-out a --leave-out b ubuntu');
  assert.is(leavingOut('ubuntu ls', ['a']), 'run --leave-out a ubuntu ls');
  assert.is(leavingOut('run --leave-out a,b -it --leave-out=c ubuntu', []), 'run -it ubuntu');
  assert.equal(leftOutIn('run --leave-out a,b -it --leave-out=c ubuntu'), ['a', 'b', 'c']);
});

test('a part is chosen in the menu, with a word and what to see, and the line says it', async () => {
  const { page } = visit;
  await page.getByText('break it', { exact: true }).click();
  assert.match(await page.locator('.menu').innerText(), 'Unsafe on purpose');
  await page.getByLabel(/no pid namespace/).check();
  assert.match(
    await page.getByLabel('drydock', { exact: true }).inputValue(),
    /^run --leave-out pid-namespace -it ubuntu/,
  );
  assert.match(await page.locator('summary').first().innerText(), /UNSAFE: 1 left out/);
  await page.keyboard.press('Escape');
  await until('the menu is closed', async () => !(await page.locator('.menu').isVisible()));
});

test("it runs, sees the host's processes, and is marked as unsafe in the list and beside it", async () => {
  const { page, daemon } = visit;
  await page.getByText('run', { exact: true }).click();
  await page
    .getByLabel('drydock', { exact: true })
    .fill('run --leave-out pid-namespace --name open -it ubuntu /bin/bash');
  await page.keyboard.press('Enter');
  await until('it runs', async () => (await daemon.ok('ps', '-q')).length > 0);
  await page.locator('.xterm-screen').click();
  await page.keyboard.type(`tr '\\0' ' ' < /proc/${daemon.pid}/cmdline | grep -o 'js daemon' | tr a-z A-Z\n`);
  await until('the daemon is seen from inside', async () => (await visit.terminal()).includes('JS DAEMON'));
  assert.match(await page.getByRole('navigation').innerText(), /unsafe: left out pid-namespace/);
  assert.match(
    await page.locator('section', { has: page.locator('#now') }).innerText(),
    /Unsafe: left out pid-namespace/,
  );
  await daemon.ok('rm', '-f', 'open');
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
