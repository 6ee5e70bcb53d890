import * as assert from 'uvu/assert';
import { until } from '../e2e/ran.ts';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';

const test = suite('two runs compared in a browser', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  await visit.daemon.ok('run', '--name', 'warm', 'ubuntu', 'true');
  await visit.daemon.ok('run', '--name', 'plain', 'ubuntu', 'echo', 'hi');
  await visit.daemon.ok('run', '--name', 'limited', '-m', '64m', 'ubuntu', 'echo', 'hi');
  await visit.daemon.ok('run', '--name', 'unplugged', '--network', 'none', 'ubuntu', 'echo', 'hi');
  await visit.page.goto(await visit.address());
  await visit.page.getByText('connected', { exact: true }).waitFor();
});
test.after(() => visit.close());
const compare = () => visit.page.getByRole('region', { name: 'Compare', exact: true }).first();
const summary = () => visit.page.locator('.summary').first().innerText();

test('one is opened, another is put beside it, and only the limits differ', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'plain' }).click();
  await page.getByLabel('compare with').selectOption({ label: 'limited' });
  await until('both are there', async () => /Of \d+ steps, /.test(await summary().catch(() => '')), 20);
  assert.match(await summary(), /1 differs, 0 only in A, 0 only in B\./, await compare().innerText());
  assert.match(page.url(), /#compare\/[0-9a-f]{64}\/[0-9a-f]{64}$/);
  const text = await compare().innerText();
  assert.match(text, 'create.limits');
  assert.match(text, /memory\.limit_in_bytes|memory\.max/);
  assert.match(text, '67108864');
});

test('without a network, its steps are in one only; a step is chosen in the picture and stands in the address', async () => {
  const { page } = visit;
  await page.getByLabel('compare with').selectOption({ label: 'unplugged' });
  await until('both are there', async () => /[1-9]\d* only in A, 0 only in B/.test(await summary()));
  await page.getByRole('button', { name: /^Connect .*only in plain$|veth.*only in plain$/i }).first().click();
  await until('the address says which', async () => /\?step=network\./.test(page.url()));
  assert.match(await compare().locator('.differing').innerText(), /network\.\S+/);
});

test('the table says the same, and a fresh tab shows the same', async () => {
  const { page, context } = visit;
  const said = await compare().locator('.differing').innerText();
  const fresh = await context.newPage();
  visit.listen(fresh);
  await fresh.goto(page.url());
  await until('a fresh tab shows the same', async () => (await fresh.locator('.differing').first().innerText().catch(() => '')) === said);
  await fresh.close();
  await page.getByRole('button', { name: 'as table' }).first().click();
  assert.match(await page.locator('table').first().innerText(), 'network.create-veth');
  await page.getByRole('button', { name: 'as table' }).first().click();
});

test('closed, the one that was opened first is there again', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'close the comparison' }).click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  assert.match(page.url(), /#run\/[0-9a-f]{64}$/);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
