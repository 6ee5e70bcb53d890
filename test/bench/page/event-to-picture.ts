/**
 * How long from an event in the kernel to the picture of it: the journal says when it was, the page when it has drawn
 * so many.
 */
import type { Event } from '../../../runtime/journal/event.ts';
import { until } from '../../e2e/ran.ts';
import type { Visit } from '../../web/browser.ts';

/**
 * Notes each time that another frame is shown, and when the browser had drawn it: styles, layout and painting are over,
 * what is left is putting the painted pieces together on the screen. Shown is what both say: the count beside the
 * scrubber, and the picture that is open.
 * As text: the browser runs it.
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
  // also those that take long
  await until(
    'the last is drawn',
    () => visit.page.evaluate<boolean>(`window.drawn.some(([count]) => count >= ${events.length})`),
    20,
  );
  const drawn = await visit.page.evaluate<[number, number][]>('window.drawn.splice(0)');
  return events.map(({ seq, time }) => drawn.find(([count]) => count > seq)![1] - time);
}

/**
 * So many runs are not counted: by then daemon and page have been compiled, as in a lesson that goes on for a while.
 */
const WARM_UP = 5;

/** Runs that go through, and one that is gone through step by step. */
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
    // no client of ours beside it, nor a question to the daemon: they would need one of the two processors for as long
    // as the run
    await page.waitForTimeout(400);
    await until(
      'it has ended',
      async () =>
        (JSON.parse((await daemon.api('GET', `/v1.43/containers/${name}/json`)).body) as { State?: { Status: string } })
          .State?.Status === 'exited',
      60,
    );
    // the journal is asked for by a process, which is not to be one of those that are measured
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
