/**
 * The sweep over a build on the classic wire: before each step, and before the calls in it, a call fails, the build is
 * aborted, or the daemon is killed. The containers of RUN are swept as containers. DRYDOCK_SWEEP_ONLY selects places.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Event } from '../../../runtime/journal/event.ts';
import { until } from '../../until.ts';
import { atRest, sameAs } from '../leftovers.ts';
import { site } from '../site.ts';
import { toAbort, toFail, toKill } from './chosen.ts';
import { shownPlace, type NetworkPlace as Place } from './network-sweep.ts';

const s = await site('the sweep: builds', { images: ['tiny'] });
const d = () => s.daemon;
const wanted = new RegExp(process.env['DRYDOCK_SWEEP_ONLY'] ?? '');
const FILES = {
  Dockerfile: `FROM tiny AS made
WORKDIR /made/here
COPY a /
COPY d /new/
RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t --mount=type=secret,id=k true
FROM tiny
ADD d.tar /new/
COPY --from=made /a /b
CMD ["true"]
`,
  a: 'of a\n',
  'd/b': 'of b\n',
};
/** It has a layer in each stage, so that both steps of files and of commits are walked. */
let archive: Buffer;
let places: Place[] = [];
let before: Record<string, string[]> = {};

const eventsOf = async (id: string): Promise<Event[]> =>
  (await d().api('GET', `/drydock/operations/${id}/journal`)).body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);

/** Begins a build that is held there, and returns its id. Without a place it is held nowhere. */
const begin = (at: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const query = new URLSearchParams({ t: 'swept', nocache: '1', networkmode: 'none', break: at });
    const headers = { 'X-Drydock-Secrets': Buffer.from('{"k":"eA=="}').toString('base64url') };
    const options = { socketPath: d().socket, path: `/build?${query}`, method: 'POST', agent: false, headers };
    request(options, (res) => {
      res.resume().on('error', () => undefined);
      const id = res.headers['drydock-operation'];
      if (id) resolve(String(id));
      else reject(new Error(`the build was answered with ${res.statusCode}`));
    })
      .on('error', reject)
      .end(archive);
  });
const over = (id: string) =>
  until('the build is over', async () => {
    const answer = await d().api('GET', `/drydock/operations/${id}`);
    const shown = answer.status === 200 ? (JSON.parse(answer.body) as { state: string; left: string[] }) : undefined;
    return shown && ['done', 'failed'].includes(shown.state) ? shown : undefined;
  });
/** A directory of a cache mount has a record when it is whole. */
const mountsWithoutRecord = (): string[] => {
  const dir = join(d().root, 'build-mounts');
  return (existsSync(dir) ? readdirSync(dir) : []).filter((name) => !existsSync(join(dir, name, 'record.json')));
};
/** What builds have in the data root, but for the cache. */
const files = () => ({
  build: readdirSync(join(d().root, 'build')).filter((name) => name !== 'cache.json'),
  mounts: mountsWithoutRecord(),
  archives: readdirSync(join(d().root, 'blobs/sha256')).filter((name) => name.length !== 64),
});
const forget = async () => {
  await d().api('DELETE', '/images/swept?force=1');
  await d().api('POST', '/build/prune?all=1');
};

s.test('a real build goes through every step, and its journal shows the calls', async () => {
  const dir = join(d().root, 'context');
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  execFileSync('tar', ['-C', dir, '-cf', join(dir, 'd.tar'), 'd']);
  archive = execFileSync('tar', ['-C', dir, '-c', '.']);
  // what is made once for all runs
  await over(await begin('build.tag@0/0'));
  await forget();
  before = await atRest(d());
  const id = await begin('build.tag@0/0');
  assert.is((await over(id)).state, 'done');
  for (const event of await eventsOf(id)) {
    if (event.type === 'step' && event.at === 'start') places.push({ step: event.step!, call: 0, of: 0, name: '' });
    if (event.type === 'call' && event.step) places.push({ step: event.step, call: 1, of: 0, name: event.name });
  }
  for (const [n, place] of places.entries()) {
    const last = places.slice(0, n).findLast(({ step }) => step === place.step);
    if (place.call) place.call = (last?.call ?? 0) + 1;
    place.of = places.filter(({ step, call }) => call && step === place.step).length;
  }
  await forget();
  const all = (await d().json<{ id: string; steps: { id: string }[] }[]>('/drydock/phases'))
    .find((phase) => phase.id === 'build')!
    .steps.map((step) => step.id);
  const seen = new Set(places.map(({ step }) => step.split('@')[0]!));
  // the classic wire has no --cache-to: build-cache-elsewhere.test.ts
  assert.equal(
    all.filter((step) => !seen.has(step)),
    ['build.export-cache'],
  );
  console.log(`${seen.size} steps, ${places.length} places`);
  places = places.filter((place) => wanted.test(shownPlace(place)));
});

async function sweep(place: Place, worst: 'fail' | 'abort' | 'kill'): Promise<void> {
  const id = await begin(place.call ? `${place.step}#${place.call}` : place.step);
  await until(
    `it stands at ${shownPlace(place)}`,
    async () => {
      const last = (await eventsOf(id)).filter(({ type }) => type === 'gate').at(-1);
      return last?.type === 'gate' && last.at === 'paused' && (last.next === undefined) === (place.call === 0);
    },
    30,
  );
  if (worst === 'kill') {
    await d().kill9();
    await d().start();
  } else {
    const command = worst === 'fail' ? { command: 'fail', errno: 'EIO' } : { command: 'abort' };
    const { status, body } = await d().api('POST', `/drydock/operations/${id}/gate`, command);
    assert.is(status, 204, body);
    const { left, state } = await over(id);
    assert.equal(left, []);
    if (worst === 'abort') assert.is(state, 'failed');
    if (state === 'failed') assert.is((await d().api('GET', '/images/swept/json')).status, 404);
  }
  await until('the containers are gone', async () => !(await d().json<object[]>('/containers/json?all=1')).length);
  assert.equal(files(), { build: [], mounts: [], archives: [] });
  await forget();
  const { descriptors: _, ...rest } = before;
  await sameAs(worst === 'kill' ? rest : before, d(), shownPlace(place));
}

const CHOSEN: readonly ['fail' | 'abort' | 'kill', (places: readonly Place[]) => Place[]][] = [
  ['fail', toFail],
  ['abort', toAbort],
  ['kill', toKill],
];
for (const [worst, chosen] of CHOSEN)
  s.test(`${worst}: nothing stays, whichever step or call it is`, async () => {
    const failures: string[] = [];
    for (const place of chosen(places)) {
      await sweep(place, worst).catch(async (error: Error) => {
        failures.push(`${shownPlace(place)}: ${error.message} ${'details' in error ? String(error.details) : ''}`);
        await d().kill9();
        await d().start();
      });
      if (failures.length > 4) break;
    }
    assert.equal(failures, []);
  });

s.test('and the next build succeeds', async () => {
  assert.is((await over(await begin('build.tag@0/0'))).state, 'done');
  assert.is((await d().api('GET', '/images/swept/json')).status, 200);
});

s.test.run();
