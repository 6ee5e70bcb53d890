/**
 * How much memory a page takes, whole: not only what JavaScript knows of, but the process that Chromium draws it in.
 */
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Chromium's processes for pages, by pid. */
export async function renderers(browser: Browser): Promise<number[]> {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  await cdp.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/**
 * Its share of the pages of memory that it has in common with others, and all that it has alone: proc_pid_smaps(5),
 * smaps_rollup.
 */
const pss = (pid: number): number =>
  1024 * Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? Number.NaN);

/** Bytes of the processes that have come since `others` were counted. */
export const pagePss = async (browser: Browser, others: readonly number[]): Promise<number> =>
  (await renderers(browser)).filter((pid) => !others.includes(pid)).reduce((sum, pid) => sum + pss(pid), 0);
