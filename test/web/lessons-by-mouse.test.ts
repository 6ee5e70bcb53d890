/**
 * Takes lessons 12 and 18 with a mouse from the first page to the last question, also in Russian and in dark colours,
 * and measures the time to open a lesson.
 */
import { existsSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { Locator, Page } from 'playwright-core';
import { needs as roomNeeds, ownRoom } from '../e2e/room.ts';
import { suite } from '../harness.ts';
import { HostShell } from '../lessons/host-shell.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';
import { finishOnPage, readOn } from './quiz.ts';
import { until } from '../until.ts';

const test = suite('lessons by mouse', ...needs, ...roomNeeds, 'tmux');
// Lesson 18 makes a network on the host, so this file needs a network namespace.
await ownRoom();
let visit: Visit;
let page: Page;
let host: HostShell;
const shot = (name: string) => visit.shot(name);

test.before(async () => {
  visit = await Visit.open({ colorScheme: 'light' });
  ({ page } = visit);
  await bringAxe(visit.context);
  // The image exists, as after any run.
  await visit.daemon.ok('run', '--rm', 'ubuntu', 'true');
  host = await HostShell.open(visit.daemon);
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Lessons' }).click();
});
test.after(async () => {
  host?.close();
  await visit?.close();
});

const task = (id: string): Locator => page.locator(`[data-task="${id}"]`);
const done = (id: string) => page.locator(`[data-task="${id}"][data-state=done]`).waitFor();
const gate = (name: RegExp) => page.getByRole('group', { name: 'Gate' }).getByRole('button', { name }).click();
/** The code block below a task, as a learner would copy it to a terminal on the host. */
const linesAfter = async (id: string) =>
  (await task(id).locator('xpath=following::pre[1]').innerText()).trim().split('\n');
const link = (title: string): Locator => page.locator('.list li').getByRole('link', { name: title, exact: true });

/** Types into the page's terminal, after a click on it. */
async function type(line: string): Promise<void> {
  await page.locator('.xterm-screen').click();
  await until('the shell has a prompt', async () => /[#$]$/.test((await visit.terminal()).trimEnd()));
  await page.keyboard.type(`${line}\n`);
}
async function open(title: string, step: string): Promise<void> {
  await link(title).click();
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
  await until(
    `the run stands before ${step}`,
    async () => (await visit.step()) === step && (await visit.heading()) === 'Stands before',
  );
}
const leave = async (title: string) => {
  await page.getByRole('button', { name: 'Leave the lesson' }).click();
  await page.locator('li.finished', { hasText: title }).waitFor();
  await until("the lesson's container is gone", async () => (await visit.daemon.ok('ps', '-aq')) === '');
};
/** axe's violations on the lesson in its current state, in both languages, in light and dark colours. */
async function everyWay(title: string, ru: string): Promise<void> {
  const found: string[] = [];
  for (const [language, label, heading] of [
    ['ru', 'Language', ru],
    ['en', 'Язык', title],
  ] as const) {
    await page.getByLabel(label).selectOption(language);
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await shot(`${title.split(/\W/)[0]}-${language}-${colorScheme}`);
      found.push(...(await violations(page)).map((line) => `${language}, ${colorScheme}: ${line}`));
    }
  }
  assert.equal([...new Set(found)], []);
}

test('lesson 12: a limit is written, met and raised', async () => {
  const title = 'Memory, and who comes when it runs out';
  await open(title, 'create.limits');
  await everyWay(title, 'Память, и кто приходит, когда она кончается');
  // A learner who does not know what to do asks for a hint.
  await task('limited').getByRole('button', { name: /hint/i }).click();
  await task('limited').getByText('the run stands before the step that writes the limit').waitFor();
  await gate(/^next(?! phase)/);
  await done('limited');
  await gate(/^continue/);
  await done('running');
  await type('head -c 30m /dev/zero > /dev/null');
  await task('used').getByText('is thrown away').waitFor();
  await type('head -c 30m /dev/zero > /dev/shm/ballast');
  await done('used');
  await type('head -c 200m /dev/zero | tail > /dev/null');
  await done('killed');
  await readOn(page);
  await page.getByRole('button', { name: 'the picture of the control groups' }).click();
  assert.is(await page.getByRole('tab', { name: 'Cgroups' }).getAttribute('aria-selected'), 'true');
  for (const line of await linesAfter('raised')) await host.line(line);
  await done('raised');
  await finishOnPage(page, ["The kernel's OOM killer", 'tail', 'Nothing: it is a wall']);
  await everyWay(title, 'Память, и кто приходит, когда она кончается');
  await leave(title);
});

test('lesson 18: a packet gets out, to a world that the learner makes', async () => {
  const title = 'How a packet gets out';
  await open(title, 'network.masquerade');
  await everyWay(title, 'Как пакет выходит наружу');
  await gate(/^next(?! phase)/);
  await done('rule');
  await gate(/^continue/);
  await done('router');
  for (const line of await linesAfter('outside')) await host.line(line);
  await done('outside');
  await type('cat < /dev/tcp/198.51.100.1/7000');
  await task('asked').getByText('198.51.100.1 is the host itself').waitFor();
  await type('cat < /dev/tcp/198.51.100.2/7000');
  await done('asked');
  await until('the host has asked', async () => (await visit.terminal()).includes('you are 198.51.100.1'));
  await page.getByRole('tab', { name: 'Network' }).click();
  const masquerade = page.locator('#picture [aria-label^="rule of postrouting"]');
  await until('the rule shows that it has counted', async () =>
    /[1-9]\d* packets?, /.test((await masquerade.getAttribute('aria-label', { timeout: 3000 })) ?? ''),
  );
  // Only where the kernel shows its table of connections.
  if (existsSync('/proc/net/nf_conntrack'))
    await page.locator('#picture [aria-label^="outside0, up: the way out, 198.51.100.1"]').waitFor();
  await shot('nat-counted');
  for (const line of await linesAfter('removed')) await host.line(line);
  await done('removed');
  await finishOnPage(page, ["The host's, on the link", 'Connection tracking remembers', 'It is dropped']);
  await leave(title);
});

test('a lesson opens at once: from the click to its words', async () => {
  const took: number[] = [];
  const titles = [
    'A container is a process',
    'The first write',
    'Memory, and who comes when it runs out',
    'How a packet gets out',
  ];
  for (const title of [...titles, ...titles, ...titles]) {
    await link(title).waitFor();
    await page.evaluate(`void (window.opened = new Promise((resolve) => {
      let from;
      addEventListener('click', (event) => (from = event.timeStamp), { capture: true, once: true });
      new MutationObserver((_, watch) => {
        if (from === undefined || !document.querySelector('.lesson .text [data-task]')) return;
        watch.disconnect();
        // painted before the second frame begins
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - from)));
      }).observe(document.body, { childList: true, subtree: true });
    }))`);
    await link(title).click();
    took.push(await page.evaluate<number>('window.opened'));
    assert.is(await page.locator('.lesson h2').innerText(), title);
    await page.locator('[data-task]:not([data-state=waiting])').first().waitFor();
    await page.getByRole('button', { name: 'Leave the lesson' }).click();
  }
  await until('nothing of it is left', async () => (await visit.daemon.ok('ps', '-aq')) === '');
  took.sort((a, b) => a - b);
  const median = took[took.length >> 1]!;
  console.log(
    `lessons: opened ${took.length} times, from the click to the words a median of ${Math.round(median)} ms, at most ${Math.round(took.at(-1)!)} ms`,
  );
  // The goal is 300 ms; the limit is higher, because the machine may be busy.
  assert.ok(median < 1000, `a median of ${median} ms`);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
