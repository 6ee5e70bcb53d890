/** The long journal in a browser: load time, smoothness of scrubbing, memory of the page. */
import type { CDPSession, Page } from 'playwright-core';

export interface Scrubbed {
  frames: number;
  seconds: number;
  fps: number;
  slowest: number;
  work: number[];
}

/**
 * Drags the scrubber through the whole journal, one position per frame of the browser. A string, because it runs in the
 * browser.
 */
const dragging = (places: number): string => `(async () => {
  const slider = document.querySelector('input[type=range]');
  const most = Number(slider.max);
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const work = [];
  let slowest = 0;
  const begun = await frame();
  let last = begun;
  for (let j = 1; j <= ${places}; j++) {
    const before = performance.now();
    // all over the journal, so that no picture of a neighbour helps
    slider.value = String(Math.floor(((j * 0.618034) % 1) * (most - 1)));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await Promise.resolve();
    void document.body.offsetHeight;
    work.push(performance.now() - before);
    const now = await frame();
    slowest = Math.max(slowest, now - last);
    last = now;
  }
  const seconds = (last - begun) / 1000;
  return { frames: ${places}, seconds, fps: ${places} / seconds, slowest, work };
})()`;
export const scrub = (page: Page, places: number): Promise<Scrubbed> => page.evaluate<Scrubbed>(dragging(places));

/** Bytes of the JavaScript heap after garbage collection. */
export async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize;
}
