import * as assert from 'uvu/assert';
import { digestOf } from '../../runtime/journal/digest.ts';
import type { Event } from '../../runtime/journal/event.ts';
import { frameAt, type Frame } from '../../runtime/journal/frame.ts';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite("the page's frame k is the daemon's", ...needs);
let visit: Visit;
let id = '';
let count = 0;
let expected: string[] = [];
test.before(async () => {
  visit = await Visit.open();
  const { page, daemon } = visit;
  id = await daemon.ok(
    'run',
    '-d',
    '--memory',
    '64m',
    'ubuntu',
    'sh',
    '-c',
    'echo one; echo two > /two; rm /etc/motd; exit 3',
  );
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.evaluate(`void (location.hash = '#run/${id}?k=0')`);
  // Opening the page may add facts about the upper directory to the journal, so wait until page and daemon have the
  // same number of events.
  const events = await until(
    'the run is over, and the page has all of it',
    async () => {
      const now = (await daemon.ok('trace', '--json', id)).split('\n').map((line) => JSON.parse(line) as Event);
      const over = now.some((event) => event.type === 'state' && event.to === 'exited');
      return over && (await page.locator('.where').innerText()) === `0 / ${now.length}` ? now : undefined;
    },
    60,
  );
  count = events.length;
  expected = events.map((_, k) => digestOf(frameAt(events, k)));
});
test.after(() => visit.close());

/**
 * Goes to each of these frames by its address, and reads which frame the page reports as drawn. A string, because it
 * runs in the browser.
 */
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
test('at every event of a whole run, and then here and there in it', async () => {
  const { page } = visit;
  assert.ok(count > 400, `${count} events`);
  const places = Array.from({ length: count }, (_, k) => k);
  assert.equal(await page.evaluate<string[]>(walk(places)), expected);
  const wild = places.filter((k) => k % 40 === 0).map((k) => (k * 277) % count);
  assert.equal(
    await page.evaluate<string[]>(walk(wild)),
    wild.map((k) => expected[k]),
  );
  // If frames did not differ, the comparison would prove nothing.
  assert.is(new Set(expected).size, count);
});

test('these are the frames that the daemon answers, and that `drydock frame` prints', async () => {
  for (let k = 0; k < count; k += 16)
    assert.is(
      digestOf(JSON.parse((await visit.daemon.api('GET', `/drydock/containers/${id}/frame/${k}`)).body) as Frame),
      expected[k],
      `frame ${k}`,
    );
  for (const k of [count >> 1, count - 1])
    assert.is(
      digestOf(JSON.parse(await visit.daemon.ok('frame', '--json', id, String(k))) as Frame),
      expected[k],
      `frame ${k}`,
    );
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
