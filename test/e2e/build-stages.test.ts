/** Stages side by side: what is built, when, and what is said of it, with both wires. */
import * as assert from 'uvu/assert';
import { until } from '../until.ts';
import { buildSite } from './build-site.ts';

const { test, d, context, left } = await buildSite('stages of a build');
const classicBuild = (...args: string[]) => d.client('docker', ['build', ...args], { env: { DOCKER_BUILDKIT: '0' } });
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);

/** The RUN of each of the two ends when that of the other has begun. */
const MEETING = `FROM base AS one
RUN --mount=type=cache,target=/m touch /m/one; until [ -e /m/two ]; do sleep 0.05; done; echo one >/1
FROM base AS two
RUN --mount=type=cache,target=/m touch /m/two; until [ -e /m/one ]; do sleep 0.05; done; echo two >/2
FROM base
COPY --from=one /1 /1
COPY --from=two /2 /2
`;

test('two stages run side by side, and one that is not needed does not run', async () => {
  const dir = context({ Dockerfile: MEETING.replace('FROM base\n', 'FROM base AS unused\nRUN exit 1\nFROM base\n') });
  const { code, out, err } = await build(dir, '-t', 'met');
  assert.is(code, 0, out + err);
  assert.is(await d.ok('run', '--rm', '--network', 'none', 'met', 'cat', '/1', '/2'), 'one\ntwo');
  assert.equal(await left(), []);
});

test('the text of the classic wire and of drydock build is in the order of the Dockerfile', async () => {
  const text = `FROM base AS slow
RUN echo of slow; sleep 0.3; echo of slow
FROM base AS quick
RUN echo of quick
FROM base
COPY --from=slow /bin/true /1
COPY --from=quick /bin/true /2
`;
  const { out } = await classicBuild('--no-cache', context({ Dockerfile: text }));
  const words = /^(Step \d|of \w+)/gm;
  const seen = out.match(words);
  const wanted = [
    'Step 1',
    'Step 2',
    'of slow',
    'of slow',
    'Step 3',
    'Step 4',
    'of quick',
    'Step 5',
    'Step 6',
    'Step 7',
  ];
  assert.equal(seen, wanted, out);
  const { out: own } = await d.cli('build', '--no-cache', context({ Dockerfile: text }));
  assert.equal(own.match(words), wanted, own);
});

test('a stage that fails ends the others, and its own words are told', async () => {
  const dir = context({
    Dockerfile: `FROM base AS long
RUN echo begun; sleep 1000
FROM base AS wrong
RUN echo this is wrong; exit 7
FROM base
COPY --from=long /bin/true /1
COPY --from=wrong /bin/true /2
`,
  });
  for (const { code, out, err } of [await build(dir), await classicBuild(dir)]) {
    assert.is.not(code, 0);
    assert.match(out + err, 'this is wrong');
    assert.match(out + err, /non-zero code: 7/);
  }
  await until('all is taken back', async () => (await left()).length === 0);
});

test('two stages with the same RUN run it once', async () => {
  const text = `FROM base AS one
RUN date +%s%N >/stamp; sleep 0.2
FROM base AS two
RUN date +%s%N >/stamp; sleep 0.2
RUN cp /stamp /two
FROM base
COPY --from=one /stamp /1
COPY --from=two /two /2
`;
  const { code, out, err } = await build(context({ Dockerfile: text }), '-t', 'once');
  assert.is(code, 0, out + err);
  await d.ok('run', '--rm', '--network', 'none', 'once', 'sh', '-c', '[ "$(cat /1)" = "$(cat /2)" ]');
});

/** Four stages with a RUN each, which sleep as long. */
const FOUR = (text: string) =>
  `${[1, 2, 3, 4].map((n) => `FROM base AS s${n}\nRUN ${text}; echo ${n} >/made\n`).join('')}FROM base\n${[1, 2, 3, 4]
    .map((n) => `COPY --from=s${n} /made /made${n}\n`)
    .join('')}`;

async function newestBuild(): Promise<string> {
  const all = await d.json<{ id: string; kind: string }[]>('/drydock/operations');
  return all.find(({ kind }) => kind === 'build')!.id;
}

test('a build that is walked goes stage by stage, and an abort while stages run ends all', async () => {
  const dir = context({ Dockerfile: FOUR('sleep 0') });
  const { code, out, err } = await d.cli('build', '--no-cache', '--break', 'build.run@99/99', dir);
  assert.is(code, 0, out + err);
  const steps = (await d.api('GET', `/drydock/operations/${await newestBuild()}/journal`)).body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { type: string; at?: string; step?: string })
    .filter(({ type, at }) => type === 'step' && (at === 'start' || at === 'done'));
  for (const [at, { step }] of steps.entries()) if (at % 2) assert.is(step, steps[at - 1]!.step);

  const held = d.begin('docker', 'build', context({ Dockerfile: FOUR('sleep 1000') }));
  await until('two RUNs run', async () => (await d.ok('ps', '-q')).split('\n').length >= 2);
  await d.ok('gate', await newestBuild(), 'abort');
  assert.is.not((await held.done).code, 0);
  await until('all is taken back', async () => (await left()).length === 0);
});

test('a daemon that is killed while stages run leaves nothing for the next one', async () => {
  const cut = d.begin('docker', 'build', context({ Dockerfile: FOUR('sleep 1001') }));
  await until('two RUNs run', async () => (await d.ok('ps', '-q')).split('\n').length >= 2);
  await d.kill9();
  assert.is.not((await cut.done).code, 0);
  await d.start();
  await until('all is taken back', async () => (await left()).length === 0);
});

test.run();
