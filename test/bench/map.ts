/**
 * `npm run bench:map`: frames a second while a map of 200 containers, 20 networks and 50 images is zoomed and panned,
 * in Debian's Chromium without a graphics card. It prints figures and asserts nothing.
 */
import { cpus, loadavg } from 'node:os';
import { missing } from '../harness.ts';
import { needs, Visit } from '../web/browser.ts';
import { many } from './page/many.ts';

const lacks = missing(...needs);
if (lacks) throw new Error(`the bench of the map ${lacks}`);

const FRAMES = 180;
/** Does `each` before every frame of the browser, and returns frames a second and the longest frame. */
const frames = (each: string): string => `(async () => {
  const sea = document.querySelector('.sea');
  const { left, top, width, height } = sea.getBoundingClientRect();
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const wheel = (deltaY) => sea.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: left + width * 0.62, clientY: top + height * 0.4, bubbles: true, cancelable: true }));
  const begun = await frame();
  let [last, slowest] = [begun, 0];
  for (let j = 0; j < ${FRAMES}; j++) {
    ${each}
    const now = await frame();
    slowest = Math.max(slowest, now - last);
    last = now;
  }
  return { fps: ${FRAMES} / ((last - begun) / 1000), slowest };
})()`;

const visit = await Visit.open();
try {
  const { page } = visit;
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.routeWebSocket(/\/live/, many);
  await page.goto(await visit.address());
  await page.locator('[data-key^="container:"]').first().waitFor();
  const marks = await page.locator('.sea [data-key]').count();
  const measure = (each: string) => page.evaluate<{ fps: number; slowest: number }>(frames(each));
  const rows = [
    ['zoom in and out', await measure(`wheel(Math.floor(j / 30) % 2 ? 12 : -12);`)],
    [
      'zoomed in, pan',
      await measure(
        `if (j < 8) wheel(-60); sea.scrollLeft += j % 60 < 30 ? 18 : -18; sea.scrollTop += j % 40 < 20 ? 9 : -9;`,
      ),
    ],
  ] as const;
  await visit.shot('map-many');
  console.log(
    `| 200 containers, 20 networks, 50 images (${marks} marks) | | slowest frame | to reach |\n| --- | --: | --: | --- |`,
  );
  for (const [what, { fps, slowest }] of rows)
    console.log(`| ${what} | ${fps.toFixed(0)} frames/s | ${slowest.toFixed(0)} ms | ≥ 55 frames/s |`);
  console.log(`\n${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}`);
} finally {
  await visit.close();
}
