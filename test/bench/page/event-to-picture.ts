/**
 * The time from an event in the kernel to its picture: the journal has the time of the event, the page the time when it
 * has drawn that many events.
 */
import type { Event } from '../../../runtime/journal/event.ts';
import type { Visit } from '../../web/browser.ts';
import { until } from '../../until.ts';

/**
 * Records each change of the displayed frame and the time after its paint: then style, layout and paint are over, and
 * only compositing is left. The displayed frame is the smaller of the count beside the scrubber and the frame of the
 * open picture. A string, because it runs in the browser.
 */
const WATCH = `(() => {
  window.drawn = [];
  const now = () => performance.timeOrigin + performance.now();
  const where = document.querySelector('.where');
  const picture = document.querySelector('#picture');
  new MutationObserver(() => {
    const count = Math.min(Number(where.textContent.split(' / ')[1]), Number(picture.dataset.k) + 1);
    // asked for within a frame, with the highest priority: the first that is done when the frame has been painted,
    // before what the page has put off until then
    requestAnimationFrame(() => scheduler.postTask(() => window.drawn.push([count, now()]), { priority: 'user-blocking' }));
  }).observe(where, { subtree: true, characterData: true, childList: true });
})()`;

async function latencies(visit: Visit, ref: string): Promise<number[]> {
  const events = (await visit.daemon.ok('trace', '--json', ref)).split('\n').map((line) => JSON.parse(line) as Event);
  // Wait for the last event, so that long delays are counted too.
  await until(
    'the last is drawn',
    () => visit.page.evaluate<boolean>(`window.drawn.some(([count]) => count >= ${events.length})`),
    20,
  );
  const drawn = await visit.page.evaluate<[number, number][]>('window.drawn.splice(0)');
  return events.map(({ seq, time }) => drawn.find(([count]) => count > seq)![1] - time);
}

/** This many runs are not counted: after them the code of daemon and page is compiled, as it is in a longer lesson. */
const WARM_UP = 5;

/** Runs without stops, and one that is stepped through. */
export async function eventToPicture(visit: Visit, runs: number): Promise<number[]> {
  const { page, daemon } = visit;
  await page.evaluate(WATCH);
  const found: number[] = [];
  const begin = async (mode: string, name: string, line: string) => {
    await page.getByText(mode, { exact: true }).click();
    await page.getByLabel('drydock', { exact: true }).fill(`run --name ${name} ${line}`);
    await page.keyboard.press('Enter');
  };
  for (let n = -WARM_UP; n < runs; n++) {
    const name = `through${n + WARM_UP}`;
    await begin('run', name, 'ubuntu true');
    // No other client and no request to the daemon during the run, because each would occupy one of the two processors.
    await page.waitForTimeout(400);
    await until(
      'it has ended',
      async () =>
        (JSON.parse((await daemon.api('GET', `/v1.43/containers/${name}/json`)).body) as { State?: { Status: string } })
          .State?.Status === 'exited',
      60,
    );
    // The journal is read by a new process, which must not run during the measurement.
    await page.waitForTimeout(300);
    const waits = await latencies(visit, name);
    if (n >= 0) found.push(...waits);
  }
  await begin('step', 'stepped', 'ubuntu true');
  await until('it stands', async () => (await visit.heading()).startsWith('Stands before'), 20);
  for (let n = 0; n < 40; n++) {
    const before = await visit.step();
    await page.keyboard.press('ArrowRight');
    await until('the next step', async () => (await visit.step()) !== before);
  }
  found.push(...(await latencies(visit, 'stepped')));
  await daemon.removeAll();
  return found;
}
