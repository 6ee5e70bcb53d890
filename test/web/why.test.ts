/** "Why does A not reach B?" on the map: asked with the mouse and with the keyboard, answered by a real packet. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('why, on the map', ...needs, 'docker');
let visit: Visit;
const ids: Record<string, string> = {};
async function start(name: string, network: string, ...command: string[]): Promise<void> {
  const args = ['run', '-d', '--name', name, '--network', network, 'ubuntu', ...command];
  ids[name] = await visit.daemon.ok(...args);
}
const listeners: ChildProcess[] = [];
/** A container and, in its network namespace, a program that listens on port 80. */
async function listen(name: string, address: string): Promise<void> {
  await start(name, 'front', 'sleep', '1000');
  const pid = await visit.daemon.dockerOk('inspect', '-f', '{{.State.Pid}}', name);
  const script = `require('node:net').createServer((s) => s.end()).listen(80, '${address}', () => console.log('begun'))`;
  const child = spawn('nsenter', ['-n', '-t', pid, process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  listeners.push(child);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
}
test.before(async () => {
  visit = await Visit.open({ colorScheme: 'light' });
  await bringAxe(visit.context);
  await visit.daemon.ok('network', 'create', 'front');
  await visit.daemon.ok('network', 'create', 'back');
  await start('web', 'front', 'sleep', '1000');
  await visit.daemon.ok('network', 'connect', 'back', 'web');
  await start('far', 'back', 'sleep', '1000');
  await listen('db', '0.0.0.0');
  await listen('shy', '127.0.0.1');
  await visit.page.goto(await visit.address());
  await visit.page.locator('.link.open').waitFor();
});
test.after(async () => {
  for (const child of listeners) child.kill();
  await visit.close();
});

const page = () => visit.page;
const region = () => page().getByRole('region', { name: 'From A to B' });
const tile = (name: string) => page().locator(`[data-key="container:${ids[name]}"]`);
const sentence = () => region().locator('.sentence').innerText();

test('with the mouse: two containers are chosen on the map, a packet is sent, and each hop has its evidence', async () => {
  await page().getByRole('button', { name: 'Why does A not reach B?' }).click();
  await tile('web').click();
  await tile('db').click();
  assert.is(await page().evaluate<string>('document.activeElement.value'), 'db:');
  await page().keyboard.type('80');
  await page().keyboard.press('Enter');
  await until('the answer', async () => /web reaches db:80/.test(await sentence()));
  const hops = await region().locator('[data-key^="hop:"]').count();
  assert.ok(hops > 5, `${hops} hops`);
  await region().locator('[data-key="hop:0"]').click();
  assert.match(await region().locator('pre').innerText(), /127\.0\.0\.11 .*: A\? db → NOERROR/);
  assert.match(await region().locator('.hop').innerText(), new RegExp(`Hop 1 of ${hops}`));
  assert.equal(await violations(page()), []);
});

test('the containers on the way have a frame on the map, and the one where the packet is a thicker one', async () => {
  const widthOf = (name: string) => page().locator(`[data-key="way:${ids[name]}"] path`).getAttribute('stroke-width');
  assert.equal([await widthOf('web'), await widthOf('db')], ['4', '2']);
  assert.is(await page().locator(`[data-key="way:${ids['far']}"]`).count(), 0);
  for (let n = 0; n < 20 && (await region().getByRole('button', { name: 'next hop' }).isEnabled()); n++)
    await region().getByRole('button', { name: 'next hop' }).click();
  assert.match(await region().locator('.hop').innerText(), /answer, container web/);
  await page().locator('.sea').scrollIntoViewIfNeeded();
  await visit.shot('why-reached', { fullPage: true });
});

test('with the keyboard: a listener on the loopback only; the hop that stops the packet is shown first', async () => {
  const to = region().getByRole('textbox', { name: 'to' });
  await to.fill('shy:80');
  await page().keyboard.press('Enter');
  await until('the answer', async () =>
    /web does not reach shy:80: .*listens on 127\.0\.0\.1:80 only/.test(await sentence()),
  );
  assert.match(await region().locator('.hop').innerText(), /listener, container shy/, await region().innerText());
  assert.match(await region().innerText(), /What would change that: .*0\.0\.0\.0:80/);
  await visit.shot('why-stopped');
  const { code } = await visit.daemon.cli('why', 'web', 'shy:80');
  assert.is(code, 1, 'the command that the page names says the same');
  assert.match(await region().innerText(), /drydock why web shy:80/);
});

test('a question that cannot be asked is refused in words, and the last answer is gone', async () => {
  await region().getByRole('textbox', { name: 'to' }).fill('shy:nothing');
  await page().keyboard.press('Enter');
  await until('the refusal', async () =>
    (await region().locator('[role=status] .bad').innerText()).includes('shy:nothing'),
  );
  assert.is(await region().locator('[data-key^="hop:"]').count(), 0);
});

test('it fits 390 pixels, in the dark too, and closed it lets containers open again', async () => {
  await region().getByRole('textbox', { name: 'to' }).fill('far:80');
  await page().keyboard.press('Enter');
  await until('the answer', async () => /nothing listens on port 80 in far/.test(await sentence()));
  await page().emulateMedia({ colorScheme: 'dark' });
  await visit.resize({ width: 390, height: 844 });
  assert.ok(await page().evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'));
  assert.equal(await violations(page()), []);
  await visit.shot('why-narrow', { fullPage: true });
  await visit.resize({ width: 1500, height: 900 });
  await region().getByRole('button', { name: 'close' }).click();
  await tile('web').click();
  await page().locator('#now').waitFor();
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
