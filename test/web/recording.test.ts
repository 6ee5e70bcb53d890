import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import type { Recording } from '../../server/recording/format.ts';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('a recording', ...needs);
const dir = mkdtempSync('/tmp/drydock-recording-');
const file = join(dir, 'run.html');
/** Output and name of a container that try to break out of the HTML file. */
const HOSTILE = '</script><script>window.broken = true</script><!-- <script>';
let visit: Visit;
let id = '';
test.before(async () => {
  visit = await Visit.open();
  const { daemon } = visit;
  id = await daemon.ok(
    'run',
    '-d',
    '--name',
    'hostile',
    '-e',
    `EVIL=${HOSTILE}`,
    'ubuntu',
    'sh',
    '-c',
    `echo first; printf '%s\\n' '${HOSTILE}'; echo last`,
  );
  await daemon.ok('wait', id);
});
test.after(async () => {
  await visit.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Opens the file as its recipient would, and goes to its end; all requests are recorded. */
async function opened(hash = '', name = 'run.html'): Promise<{ page: Page; requests: string[] }> {
  const context = await visit.browser.newContext({
    viewport: { width: 1500, height: 900 },
    offline: true,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(20_000);
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = await context.newPage();
  visit.listen(page);
  await page.goto(`${pathToFileURL(join(dir, name)).href}${hash}`);
  await page.locator('.where').waitFor();
  if (!hash) await page.getByRole('button', { name: 'END', exact: true }).click();
  return { page, requests };
}
const terminalOf = async (page: Page) =>
  (await page.locator('.xterm-rows').allInnerTexts()).join('\n').replace(/\u00a0/g, ' ');
const cursorOf = async (page: Page) =>
  (await page.locator('.where').innerText()).split(' / ').map(Number) as [number, number];

test('drydock record writes one file for its owner alone, and says how large it is', async () => {
  const said = await visit.daemon.ok('record', '-o', file, 'hostile');
  assert.match(said, /^\/.*run\.html: [\d.]+ [kM]B in \d+ ms$/);
  assert.is(statSync(file).mode & 0o777, 0o600);
  assert.equal(readdirSync(dir), ['run.html']);
});

test('it holds no letter that would end its data, and the one script that its policy names', () => {
  const html = readFileSync(file, 'utf8');
  const data = /<script type="application\/json" id="recording">([^]*?)<\/script>/.exec(html)![1]!;
  assert.not.match(data, /</);
  assert.ok(JSON.stringify(JSON.parse(data)).includes('</script>'), 'the hostile text is in it, and harmless');
  const script = /<script type="module">([^]*)<\/script>/.exec(html)![1]!;
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
  assert.ok(policy.startsWith("default-src 'none'; script-src 'sha256-"));
  assert.ok(policy.includes(`'sha256-${createHash('sha256').update(script).digest('base64')}'`));
  assert.not.match(policy, /unsafe|https?:|\*/);
});

test('it opens from the disk, makes no request, and what the container printed is only text', async () => {
  const { page, requests } = await opened();
  await until('the output is there', async () => (await terminalOf(page)).includes('last'));
  assert.match(await terminalOf(page), /first\s*\n<\/script><script>window\.broken = true/);
  assert.equal(
    requests.filter((url) => !url.startsWith('data:')),
    [pathToFileURL(file).href],
  );
  assert.is(await page.evaluate('window.broken'), undefined);
  assert.match(await page.locator('p.recording').innerText(), /Recording of hostile/);
  await page.context().close();
});

test('it opens at its beginning, plays to its end by itself, and has chapters', async () => {
  const { page } = await opened('#');
  const [first, of] = await cursorOf(page);
  assert.is(first, 0);
  const player = page.getByRole('group', { name: 'Play the recording' });
  await player.getByLabel('speed').selectOption('×4');
  await player.getByRole('button', { name: 'play' }).click();
  await until('it plays', async () => (await cursorOf(page))[0] > first);
  await page.keyboard.press('Escape');
  assert.is((await cursorOf(page))[0], of - 1);
  await player.getByRole('button', { name: 'play' }).waitFor();
  await player.getByLabel('chapters').selectOption({ label: '2 create' });
  await until('it stands at the chapter', async () =>
    /create/.test(
      await player
        .getByLabel('chapters')
        .inputValue()
        .then(async (value) => player.locator(`option[value="${value}"]`).first().innerText()),
    ),
  );
  const [at] = await cursorOf(page);
  assert.ok(at > 0 && at < of - 1, `the chapter begins at ${at} of ${of}`);
  // From before the last step it plays to the end, and halts there.
  await page.locator('h1').click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Space');
  await player.getByRole('button', { name: 'halt' }).waitFor();
  await player.getByRole('button', { name: 'play' }).waitFor();
  assert.is((await cursorOf(page))[0], of - 1);
  await page.context().close();
});

test('every picture is there, and nothing that needs a kernel', async () => {
  const { page } = await opened();
  for (const name of ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security', 'Timeline']) {
    await page.getByRole('tab', { name }).click();
    await page.locator(`#picture section[aria-label=${name}] .summary`).waitFor();
  }
  await page.getByRole('tab', { name: 'Kernel' }).click();
  assert.match(await page.locator('#picture').innerText(), /recording/);
  for (const name of ['Run', 'abort', 'continue', 'kill', 'remove', 'start again', '+ exec', 'save recording'])
    assert.is(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  assert.is(await page.locator('.dot').count(), 0, 'no breakpoints');
  await page.context().close();
});

test('the terminal goes with the cursor: before the program there is nothing on it', async () => {
  const { page } = await opened();
  await until('the output is there', async () => (await terminalOf(page)).includes('last'));
  await page.locator('h1').click();
  const [, of] = await cursorOf(page);
  for (let j = 0; j < 200 && (await terminalOf(page)).includes('first'); j++)
    await page.keyboard.press('Shift+ArrowLeft');
  const [before] = await cursorOf(page);
  assert.ok(before > 0 && before < of - 1, `the output is gone at ${before} of ${of}`);
  await page.keyboard.press('Escape');
  await until('and comes back', async () => (await terminalOf(page)).includes('last'));
  await page.context().close();
});

test('what was typed beside it is in a terminal of its own, in step with the journal; and the filter of what runs is shown call by call', async () => {
  const { daemon } = visit;
  await daemon.ok('run', '-d', '--name', 'entered', 'ubuntu', 'sleep', '1000');
  await daemon.ok('exec', 'entered', 'sh', '-c', `echo entered; printf '%s\\n' '${HOSTILE}'`);
  await daemon.ok('exec', 'entered', 'echo', 'once more');
  await daemon.ok('exec', 'entered', 'echo', 'once more');
  await daemon.ok('record', '-o', join(dir, 'entered.html'), 'entered');
  await daemon.ok('rm', '-f', 'entered');
  const { page } = await opened('', 'entered.html');
  const tabs = page.getByRole('tablist', { name: 'Terminals' }).getByRole('tab');
  assert.equal(
    await tabs.allInnerTexts(),
    ['process 1', 'exec sh -c echo entered…', 'exec echo once more', 'exec echo once more 2'],
    'of two that run the same, which',
  );
  await tabs.nth(1).click();
  await until('its output is there', async () => (await terminalOf(page)).includes('entered'));
  assert.match(await terminalOf(page), /entered\s*\n<\/script><script>window\.broken = true/);
  assert.is(await page.evaluate('window.broken'), undefined);
  await tabs.nth(2).click();
  await until('and the other one', async () => (await terminalOf(page)).includes('once more'));
  // The container runs, so a filter exists.
  await page.getByRole('tab', { name: 'Security' }).click();
  const filter = await page.getByRole('region', { name: 'The filter, call by call' }).innerText();
  for (const part of ['mount(2)', 'pivot_root', 'arg0 & 0x7e020000 == 0x0', 'calls that are no more'])
    assert.ok(filter.includes(part), part);
  assert.not.match(filter, /undefined|NaN/);
  // Before the program of the second exec runs, the first exec's output is visible and the second's is not.
  await page.locator('h1').click();
  for (let j = 0; j < 200 && (await terminalOf(page)).includes('once more'); j++)
    await page.keyboard.press('Shift+ArrowLeft');
  assert.not.match(await terminalOf(page), /once more/);
  await tabs.nth(1).click();
  await until('the first one was over by then', async () => /entered/.test(await terminalOf(page)));
  await page.context().close();
  rmSync(join(dir, 'entered.html'));
});

test('an address leads to a frame', async () => {
  const { page } = await opened(`#run/${id}?k=31`);
  assert.is((await cursorOf(page))[0], 31);
  assert.match(await page.locator('#now').innerText(), /event 31/i);
  await page.keyboard.press('ArrowRight');
  assert.match(page.url(), /#run\/[0-9a-f]{64}\?k=(?!31)\d+$/);
  await page.context().close();
});

test('the page saves the same', async () => {
  const { page } = visit;
  await page.goto(await visit.address());
  await page.getByRole('button', { name: 'hostile' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'save recording' }).click(),
  ]);
  assert.is(download.suggestedFilename(), 'hostile.html');
  const held = (path: string) =>
    JSON.parse(/id="recording">([^]*?)<\/script>/.exec(readFileSync(path, 'utf8'))![1]!) as Recording;
  const [saved, written] = [held(await download.path()), held(file)];
  // A viewer may have added facts about the upper directory at the end.
  assert.equal(saved.events.slice(0, written.events.length), written.events);
  assert.equal(saved.output, written.output);
});

test('the timeline saves the journal for Perfetto', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  await page.getByRole('tab', { name: 'Timeline' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'save for Perfetto' }).click(),
  ]);
  assert.is(download.suggestedFilename(), 'drydock-trace.json');
  const { traceEvents } = JSON.parse(readFileSync(await download.path(), 'utf8')) as {
    traceEvents: { ph: string; name: string }[];
  };
  assert.ok(traceEvents.some(({ ph, name }) => ph === 'X' && name === 'pivot_root'));
});

test('to stdout, and not to a terminal', async () => {
  const { code, out, err } = await visit.daemon.cli('record', 'hostile');
  assert.is(code, 0);
  assert.ok(out.startsWith('<!doctype html>') && out.trimEnd().endsWith('</html>'));
  assert.match(err, /^the recording: /);
});

test('what was there stays when it fails, and nothing half written is left', async () => {
  const { daemon } = visit;
  writeFileSync(join(dir, 'kept.html'), 'kept');
  const unknown = await daemon.cli('record', '-o', join(dir, 'kept.html'), 'nobody');
  assert.is(unknown.code, 1);
  assert.match(unknown.err, /No such container: nobody/);
  const nowhere = await daemon.cli('record', '-o', join(dir, 'no/such/run.html'), 'hostile');
  assert.is(nowhere.code, 1);
  assert.match(nowhere.err, /^drydock: cannot write .*ENOENT/);
  const folder = await daemon.cli('record', '-o', dir, 'hostile');
  assert.is(folder.code, 1);
  assert.equal(readdirSync(dir).sort(), ['kept.html', 'run.html']);
  assert.not.ok(existsSync(`${dir}.part`));
  assert.is(readFileSync(join(dir, 'kept.html'), 'utf8'), 'kept');
});

test('no page has complained of anything', () => assert.equal(visit.complaints, []));

test.run();
