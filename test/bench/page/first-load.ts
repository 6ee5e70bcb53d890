/** The number of bytes that a browser fetches on its first visit, and the time until a command can be run. */
import type { Visit } from '../../web/browser.ts';

export interface FirstLoad {
  kB: number;
  allKB: number;
  ms: number;
}

export async function firstLoad(visit: Visit): Promise<FirstLoad> {
  const url = await visit.address();
  const context = await visit.browser.newContext({ viewport: { width: 1600, height: 1000 } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  let bytes = 0;
  await cdp.send('Network.enable');
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  const begun = performance.now();
  await page.goto(url);
  await page.getByText('connected', { exact: true }).waitFor();
  await page.locator('form button.primary:not([disabled])').waitFor();
  const ms = performance.now() - begun;
  await page.locator('#picture .summary').waitFor();
  const kB = bytes / 1000;
  // The size with every picture and a terminal loaded.
  await visit.daemon.ok('run', '-d', '--name', 'loaded', 'hello-world');
  await page.getByRole('button', { name: 'loaded' }).click();
  await page.locator('.xterm-screen').waitFor();
  for (const name of ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security', 'Timeline']) {
    await page.getByRole('tab', { name, exact: true }).click();
    await page.locator(`#picture section[aria-label=${name}]`).waitFor();
  }
  await context.close();
  await visit.daemon.ok('rm', '-f', 'loaded');
  return { kB, allKB: bytes / 1000, ms };
}
