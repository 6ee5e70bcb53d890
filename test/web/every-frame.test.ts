import * as assert from 'uvu/assert';
import { digestOf } from '../../runtime/journal/digest.ts';
import type { Event } from '../../runtime/journal/event.ts';
import { frameAt, type Frame } from '../../runtime/journal/frame.ts';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';

const test = suite('the page\'s frame k is the daemon\'s', ...needs);
let visit: Visit;
let id = '';
let count = 0;
let expected: string[] = [];
test.before(async () => {
  visit = await Visit.open();
  id = await visit.daemon.ok('run', '-d', '--memory', '64m', 'ubuntu', 'sh', '-c', 'echo one; echo two > /two; rm /etc/motd; exit 3');
  await visit.daemon.cli('wait', id);
  const events = (await visit.daemon.ok('trace', '--json', id)).split('\n').map((line) => JSON.parse(line) as Event);
  count = events.length;
  expected = events.map((_, k) => digestOf(frameAt(events, k)));
});
test.after(() => visit.close());

/** Goes to each of these frames by its address, and reads off what the page says is drawn. As text: the browser runs it. */
const walk = (places: readonly number[]): string => `(async () => {
  const picture = document.querySelector('#picture');
  const said = [];
  for (const k of ${JSON.stringify(places)}) {
    const there = new Promise((resolve) => {
      const look = () => picture.dataset.frame?.startsWith(k + ' ') && picture.dataset.k === String(k) && (watching.disconnect(), resolve());
      const watching = new MutationObserver(look);
      watching.observe(picture, { attributes: true });
      queueMicrotask(look);
    });
    location.hash = '#run/${id}?k=' + k;
    await there;
    said.push(picture.dataset.frame.split(' ')[1]);
  }
  return said;
})()`;
test('at every event of a whole run, forwards and then all over the place', async () => {
  const { page } = visit;
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.evaluate(`void (location.hash = '#run/${id}?k=0')`);
  await page.getByText(`0 / ${count}`, { exact: true }).waitFor();
  assert.ok(count > 400, `${count} events`);
  const places = Array.from({ length: count }, (_, k) => k);
  assert.equal(await page.evaluate<string[]>(walk(places)), expected);
  const wild = places.filter((k) => k % 4 === 0).map((k) => (k * 277) % count);
  assert.equal(await page.evaluate<string[]>(walk(wild)), wild.map((k) => expected[k]));
  // frames differ, or the comparison would say nothing
  assert.is(new Set(expected).size, count);
});

test('these are the frames that the daemon answers, and that `drydock frame` prints', async () => {
  for (let k = 0; k < count; k += 16) assert.is(digestOf(JSON.parse((await visit.daemon.api('GET', `/drydock/containers/${id}/frame/${k}`)).body) as Frame), expected[k], `frame ${k}`);
  for (const k of [count >> 1, count - 1]) assert.is(digestOf(JSON.parse(await visit.daemon.ok('frame', '--json', id, String(k))) as Frame), expected[k], `frame ${k}`);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
