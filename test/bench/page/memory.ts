/** The memory of a page: not only the JavaScript heap, but the whole renderer process of Chromium. */
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Pids of Chromium's renderer processes. */
export async function renderers(browser: Browser): Promise<number[]> {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  await cdp.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/**
 * The proportional set size in bytes: private memory, and a share of each shared page. proc_pid_smaps(5), smaps_rollup.
 */
const pss = (pid: number): number =>
  1024 * Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? Number.NaN);

/** PSS in bytes of the renderers that have started since `others` were listed. */
export const pagePss = async (browser: Browser, others: readonly number[]): Promise<number> =>
  (await renderers(browser)).filter((pid) => !others.includes(pid)).reduce((sum, pid) => sum + pss(pid), 0);
