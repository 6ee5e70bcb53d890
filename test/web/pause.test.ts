import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('Space', ...needs);
let visit: Visit;
/**
 * A registry that holds each request until the test releases it, and then answers 404: a run that is in progress for as
 * long as the test needs.
 */
const waiting: ServerResponse[] = [];
let free = false;
const registry = createServer((req, res) => {
  if (req.url === '/v2/' && !free) waiting.push(res);
  else if (req.url === '/v2/') res.end('{}');
  else
    res
      .writeHead(404, { 'Content-Type': 'application/json' })
      .end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"nothing here"}]}');
});
test.before(async () => {
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  visit = await Visit.open();
});
test.after(async () => {
  await visit.close();
  registry.closeAllConnections();
  registry.close();
});

test('pauses a run that nothing holds, before what comes next', async () => {
  const { page } = visit;
  const [sent, got]: [string[], string[]] = [[], []];
  page.on('websocket', (socket) =>
    socket
      .on('framesent', ({ payload }) => sent.push(String(payload)))
      .on('framereceived', ({ payload }) => got.push(String(payload))),
  );
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByRole('radio', { name: 'run' }).check({ force: true });
  await page
    .getByLabel('drydock')
    .fill(`run --name paced 127.0.0.1:${(registry.address() as AddressInfo).port}/nothing true`);
  await page.keyboard.press('Enter');
  await until('the registry is asked', () => waiting.length > 0);
  const pause = page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'pause' });
  await pause.waitFor();
  assert.is(await visit.heading(), 'Now');
  await page.locator('h1').click();
  await page.keyboard.press('Space');
  await until('the daemon has taken it', () => {
    const asked = sent
      .map((text) => JSON.parse(text) as { ask: number; command?: { command: string } })
      .find(({ command }) => command?.command === 'pause');
    return (
      asked &&
      got.some((text) => text.startsWith('{') && (JSON.parse(text) as { type: string; ask?: number }).ask === asked.ask)
    );
  });
  free = true;
  for (const res of waiting.splice(0)) res.end('{}');
  await until('it stands', async () => (await visit.heading()) === 'Stands before');
  assert.match(await visit.step(), /^pull\./);
  assert.is(await pause.count(), 0);
});

test('and lets it go on', async () => {
  const { page, daemon } = visit;
  await page.keyboard.press('Space');
  await until('it has failed of what the registry lacks', async () =>
    /paced\s+failed/.test(await page.getByRole('navigation').innerText()),
  );
  assert.is(await visit.heading(), 'Now');
  assert.match(await daemon.ok('trace', 'paced'), /pull\.fetch-index[^]*nothing here/);
  await daemon.ok('rm', '-f', 'paced');
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
