/** The words of a language are loaded on demand; a page that cannot load them keeps its language. */
import * as assert from 'uvu/assert';
import { suite } from '../../harness.ts';
import { needs, Visit } from '../browser.ts';

const test = suite('words that are fetched', ...needs);
const RUSSIAN = /\/assets\/ru-[^/]*\.js$/;
let visit: Visit;
const asked: string[] = [];
test.before(async () => {
  visit = await Visit.open({ locale: 'en-GB' });
  visit.page.on('request', (request) => asked.push(request.url()));
  await visit.page.goto(await visit.address());
  await visit.page.getByText('connected', { exact: true }).waitFor();
});
test.after(() => visit.close());

test('an English page asks for no Russian words', () => {
  assert.ok(asked.length > 3);
  assert.equal(
    asked.filter((url) => RUSSIAN.test(url)),
    [],
  );
});

test('where they cannot be fetched, it says so and speaks English on', async () => {
  const { page } = visit;
  await page.route(RUSSIAN, (route) => route.abort());
  await page.locator('.language select').selectOption('ru');
  await page.getByRole('alert').filter({ hasText: 'could not be fetched' }).waitFor();
  assert.is(await page.locator('.language select').inputValue(), 'en');
  assert.is(await page.locator('html').getAttribute('lang'), 'en');
  assert.ok(asked.some((url) => RUSSIAN.test(url)));
});

test('chosen again when they can be had, they are spoken', async () => {
  const { page } = visit;
  await page.unroute(RUSSIAN);
  await page.locator('.language select').selectOption('ru');
  await page.getByText('соединено', { exact: true }).waitFor();
  assert.is(await page.locator('html').getAttribute('lang'), 'ru');
});
test.run();
