import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('two runs compared in a browser', ...needs);
const dir = mkdtempSync('/tmp/drydock-compare-');
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
test.after(async () => {
  await visit.close();
  rmSync(dir, { recursive: true, force: true });
});
const compare = () => visit.page.getByRole('region', { name: 'Two runs', exact: true });
const summary = () => visit.page.locator('.summary').first().innerText();

test('one is opened, another is put beside it, and only the limits differ', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'plain' }).click();
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  await page.getByLabel('compare with').selectOption({ label: 'limited' });
  // One side may be loaded first: then all steps are in it only, so wait for both.
  await until('both are there', async () => / 0 only in A, 0 only in B/.test(await summary().catch(() => '')), 20);
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
  await page
    .getByRole('button', { name: /^Connect .*only in plain$|veth.*only in plain$/i })
    .first()
    .click();
  await until('the address says which', async () => /\?step=network\./.test(page.url()));
  assert.match(await compare().locator('.differing').innerText(), /network\.\S+/);
});

test('the table says the same, and a fresh tab shows the same', async () => {
  const { page, context } = visit;
  const said = await compare().locator('.differing').innerText();
  const fresh = await context.newPage();
  visit.listen(fresh);
  await fresh.goto(page.url());
  await until(
    'a fresh tab shows the same',
    async () =>
      (await fresh
        .locator('.differing')
        .first()
        .innerText()
        .catch(() => '')) === said,
  );
  await fresh.close();
  await page.getByRole('button', { name: 'as table' }).first().click();
  assert.match(await page.locator('table').first().innerText(), 'network.create-veth');
  await page.getByRole('button', { name: 'as table' }).first().click();
});

test('a recording from the disk stands in place of either side; what is none says so, and breaks nothing', async () => {
  const { page, daemon } = visit;
  const file = join(dir, 'limited.html');
  await daemon.ok('record', '-o', file, 'limited');
  await page.getByLabel('compare with').selectOption({ label: 'a recording (file) …' });
  await until('the address says so', async () => page.url().endsWith('/f11e'));
  const side = (name: string) => page.getByLabel(`${name} from a recording`);
  await side('B').setInputFiles(file);
  await until('both are there', async () => /1 differs, 0 only in A, 0 only in B\./.test(await summary()));
  assert.match(await compare().innerText(), /limited \(recording\)/);
  assert.match(await compare().innerText(), 'create.limits');
  await side('A').setInputFiles(file);
  await until('a run is the same as itself', async () =>
    /All \d+ steps came to the same in both\./.test(await summary()),
  );
  for (const [name, content, words] of [
    ['x.html', '<script>window.broken = 1</script>', /no recording/],
    ['y.json', readFileSync(file, 'utf8').replace('"at":"enter"', '"at":"<b>"'), /event \d+ is none/],
  ] as const) {
    writeFileSync(join(dir, name), content);
    await side('B').setInputFiles(join(dir, name));
    await until(`${name} is refused`, async () =>
      words.test(
        await compare()
          .getByRole('status')
          .innerText()
          .catch(() => ''),
      ),
    );
  }
  assert.match(await summary(), /All \d+ steps/, 'what was there stays');
  assert.is(await page.evaluate('window.broken'), undefined);
});

test('within a recording, offline, another recording is put beside it', async () => {
  const [one, other] = ['plain', 'unplugged'].map((name) => join(dir, `${name}.html`)) as [string, string];
  await visit.daemon.ok('record', '-o', one, 'plain');
  await visit.daemon.ok('record', '-o', other, 'unplugged');
  const context = await visit.browser.newContext({
    viewport: { width: 1500, height: 900 },
    offline: true,
    reducedMotion: 'reduce',
  });
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = await context.newPage();
  visit.listen(page);
  await page.goto(pathToFileURL(one).href);
  await page.getByLabel('compare with').selectOption({ label: 'a recording (file) …' });
  await page.getByLabel('B from a recording').setInputFiles(other);
  await until(
    'both are there',
    async () =>
      /[1-9]\d* only in A, 0 only in B/.test(
        await page
          .locator('.summary')
          .first()
          .innerText()
          .catch(() => ''),
      ),
    20,
  );
  await page.getByRole('button', { name: 'close the comparison' }).click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  assert.equal(
    requests.filter((url) => !/^(data|blob):/.test(url)),
    [pathToFileURL(one).href],
  );
  await context.close();
});

test('closed, the one that was opened first is there again', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'close the comparison' }).click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  assert.match(page.url(), /#run\/[0-9a-f]{64}$/);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
