/**
 * A kernel without /proc/net/nf_conntrack: the page explains in both languages why no address translation is shown, and
 * shows the rest.
 */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';

const test = suite('the network where the kernel does not tell of rewriting', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open({ colorScheme: 'dark' }, [
    '--require',
    join(packageRoot, 'test/web/fixtures/no-conntrack.cjs'),
  ]);
  await bringAxe(visit.context);
  await visit.daemon.ok('run', '-d', '--name', 'sender', 'ubuntu', 'sleep', '1000');
  await visit.page.goto(await visit.address());
  await visit.page.getByRole('button', { name: 'sender' }).click();
  await visit.page.getByRole('button', { name: 'terminal and journal' }).click();
  await visit.page.getByRole('tab', { name: 'Network' }).click();
});
test.after(() => visit.close());

const says = {
  en: /^Which addresses are rewritten is not shown here: this kernel has no \/proc\/net\/nf_conntrack/,
  ru: /^Какие адреса переписаны, здесь не показано: у этого ядра нет \/proc\/net\/nf_conntrack/,
};
for (const [language, sentence] of Object.entries(says)) {
  test(`in ${language} the page says what this kernel lacks`, async () => {
    const { page } = visit;
    await page.locator('header select').selectOption(language);
    const note = page.getByRole('note').filter({ hasText: sentence });
    await note.waitFor();
    assert.is(await page.getByRole('note').filter({ hasText: 'nf_conntrack' }).count(), 1, 'said once');
    await note.scrollIntoViewIfNeeded();
    await visit.shot(`no-conntrack-${language}`);
    assert.equal(await violations(page), []);
  });
}

test('packets are seen all the same, and the rule that rewrites stands in the picture', async () => {
  const { page, daemon } = visit;
  await page.locator('header select').selectOption('en');
  const {
    NetworkSettings: { Gateway: gateway },
  } = await daemon.json<{ NetworkSettings: { Gateway: string } }>('/containers/sender/json');
  await daemon.ok('exec', 'sender', 'bash', '-c', `echo hello > /dev/udp/${gateway}/4999`);
  await page.getByRole('region', { name: 'Packets' }).getByText('UDP').first().waitFor();
  await page
    .locator('#picture [data-key^="rule:"]')
    .filter({ has: page.locator('rect') })
    .first()
    .waitFor();
  assert.match((await page.locator('#picture svg').first().textContent()) ?? '', 'masquerade');
});

test('nothing of it is said in the past, where no packet is shown', async () => {
  await visit.page.locator('h1').click();
  await visit.page.keyboard.press('ArrowLeft');
  await visit.page.getByText('packets are seen, and counters known, live only').waitFor();
  assert.is(await visit.page.getByRole('note').filter({ hasText: 'nf_conntrack' }).count(), 0);
  assert.equal(visit.complaints, []);
});

test.run();
