/** Debian's Chromium with the playground of a daemon of its own. */
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { Daemon } from '../e2e/daemon.ts';
import { until } from '../until.ts';

/** Chromium's sandbox does not work as root; background requests of the browser are disabled. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-dev-shm-usage',
  '--no-first-run',
];
/**
 * Each container changes the machine's network, and Chromium then aborts preloads; the page requests them again when
 * needed.
 */
const ELSEWHERE = /net::ERR_NETWORK_CHANGED/;
export const needs = ['root', 'chromium'] as const;

export class Visit {
  /** errors and CSP violations that the page reported */
  readonly complaints: string[] = [];
  private constructor(
    readonly daemon: Daemon,
    readonly browser: Browser,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  /** `node`: flags for the daemon's Node */
  static async open(
    options: Pick<BrowserContextOptions, 'colorScheme' | 'hasTouch' | 'locale' | 'proxy'> = {},
    node?: readonly string[],
  ): Promise<Visit> {
    const daemon = await new Daemon([], node).start();
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
    const context = await browser.newContext({
      viewport: { width: 1500, height: 900 },
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(60_000);
    const visit = new Visit(daemon, browser, context, await context.newPage());
    visit.listen(visit.page);
    return visit;
  }

  listen(page: Page): void {
    page.on(
      'console',
      (message) =>
        message.type() === 'error' &&
        !ELSEWHERE.test(message.text()) &&
        this.complaints.push(`${message.text()} ${message.location().url}`),
    );
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  address = (): Promise<string> => this.daemon.ok('playground', '--no-open');

  /** The text of the element that shows the step's id. */
  step = async (): Promise<string> =>
    (await this.page
      .locator('#now + code')
      .textContent({ timeout: 1000 })
      .catch(() => '')) ?? '';
  heading = async (): Promise<string> => (await this.page.locator('#now').textContent()) ?? '';

  /** Presses a key, and waits until the run is held at a matching step. */
  async pressTo(key: string, fits: RegExp): Promise<string> {
    await this.page.keyboard.press(key);
    return until(`${key} leads to ${fits}`, async () => {
      const step = await this.step();
      return /^(Stands before|Стоит перед)$/.test(await this.heading()) && fits.test(step) ? step : undefined;
    });
  }

  /** Gives the page another size, and waits until pictures that follow their width have it: two frames later. */
  async resize(size: { width: number; height: number }): Promise<void> {
    await this.page.setViewportSize(size);
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))))',
    );
  }

  terminal = async (): Promise<string> =>
    (await this.page.locator('.xterm-rows').allInnerTexts()).join('\n').replace(/\u00a0/g, ' ');

  /**
   * A screenshot for people to look at, in the folder $DRYDOCK_SHOTS. Without this variable none is made, because no
   * test reads it and each takes half a second of a processor.
   */
  async shot(name: string, options: { fullPage?: boolean } = {}): Promise<void> {
    const folder = process.env['DRYDOCK_SHOTS'];
    if (folder) await this.page.screenshot({ path: join(folder, `${name}.png`), ...options });
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.daemon.close();
  }
}
