/** Measures a journal of 100,000 events in the browser. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Visit } from '../../web/browser.ts';
import { longJournal } from './long-journal.ts';
import { pagePss, renderers } from './memory.ts';
import { heap, scrub } from './scrub.ts';

export interface Long {
  openMs: number;
  heapMB: number;
  /** memory of the process that renders the page, including code, layout and paint */
  pageMB: number;
  fps: Record<string, number>;
}
const COUNT = 100_000;

export async function long(visit: Visit): Promise<Long> {
  const { daemon } = visit;
  const id = await daemon.ok('run', '-d', 'hello-world');
  await daemon.ok('wait', id);
  await daemon.stop();
  writeFileSync(
    join(daemon.root, 'containers', id, 'journal.ndjson'),
    `${longJournal(COUNT)
      .map((event) => JSON.stringify(event))
      .join('\n')}\n`,
  );
  await daemon.start();
  const others = await renderers(visit.browser);
  const context = await visit.browser.newContext({ viewport: { width: 1600, height: 1000 } });
  const page = await context.newPage();
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  const openMs = await page.evaluate<number>(`new Promise((resolve) => {
    const begun = performance.now();
    const look = () => (Number(document.querySelector('.where').textContent.split(' / ')[1]) >= ${COUNT} ? resolve(performance.now() - begun) : requestAnimationFrame(look));
    location.hash = '#run/${id}';
    look();
  })`);
  const fps: Record<string, number> = {};
  for (const name of ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security', 'Timeline', 'Journal']) {
    await page.getByRole('tab', { name, exact: true }).click();
    await scrub(page, 20);
    fps[name] = (await scrub(page, 150)).fps;
  }
  const bytes = await heap(await context.newCDPSession(page));
  const pageMB = (await pagePss(visit.browser, others)) / 1e6;
  await context.close();
  await daemon.removeAll();
  return { openMs, heapMB: bytes / 1e6, pageMB, fps };
}
