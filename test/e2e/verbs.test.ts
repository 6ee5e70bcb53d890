/** Every verb in every state, compared with verb-table.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Answer } from './daemon.ts';
import { likeDockerd } from './peer.ts';
import { type Expected, STATES, type StateName, type Verb, verbs } from './verb-table.ts';
import { until } from '../until.ts';

const { test, api, isPeer } = await likeDockerd('verbs in states');
/** A call without an answer within this time counts as waiting. */
const ANSWER_MS = 500;

interface State {
  Status: string;
  ExitCode: number;
}
async function stateOf(ref: string): Promise<{ Id: string; RestartCount: number; State: State } | undefined> {
  const { status, body } = await api('GET', `/containers/${ref}/json`);
  return status === 200 ? (JSON.parse(body) as { Id: string; RestartCount: number; State: State }) : undefined;
}

async function create(name: string, Cmd: string[], HostConfig: object = {}): Promise<void> {
  const { status, body } = await api('POST', `/containers/create?name=${name}`, {
    Image: 'tiny',
    Cmd,
    HostConfig: { NetworkMode: 'none', ...HostConfig },
  });
  assert.is(status, 201, body);
}
const act = async (name: string, ...paths: string[]) => {
  for (const path of paths) await api('POST', `/containers/${name}/${path}`);
};
const obedient = ['sh', '-c', 'trap "exit 7" TERM; sleep 1000 & wait; wait'];
/** Waits until the trap is set: `top` then shows the sleep after it. */
const trapped = (name: string) =>
  until('its trap is set', async () => (await api('GET', `/containers/${name}/top`)).body.includes('sleep 1000'));
/** The first run exits with 3; the restarted one stays. */
const onceOnly = ['sh', '-c', 'test -e /ran && exec sleep 1000; : >/ran; exit 3'];

/** The seventh restart delay is 6.4 s, and each later one is twice as long. */
const longWait = (name: string) =>
  until(
    'it waits long enough',
    async () => {
      const {
        RestartCount,
        State: { Status },
      } = (await stateOf(name))!;
      return RestartCount >= 7 && Status === 'restarting';
    },
    60,
  );

const make: Record<StateName, (name: string) => Promise<unknown>> = {
  created: (name) => create(name, obedient),
  running: async (name) => {
    await create(name, obedient);
    await act(name, 'start');
    await trapped(name);
  },
  paused: async (name) => {
    await make.running(name);
    await act(name, 'pause');
  },
  restarting: async (name) => {
    await create(name, ['sh', '-c', 'exit 3'], { RestartPolicy: { Name: 'always' } });
    await act(name, 'start');
    await longWait(name);
  },
  exited: async (name) => {
    await create(name, onceOnly);
    await act(name, 'start', 'wait');
  },
  failed: async (name) => {
    await create(name, ['/nope']);
    await act(name, 'start');
  },
};
const nowOf = async (ref: string) => {
  const now = await stateOf(ref);
  return !now ? 'gone' : now.State.Status === 'exited' ? `exited ${now.State.ExitCode}` : now.State.Status;
};

async function check(verb: Verb, state: StateName, name: string): Promise<string[]> {
  const before = await stateOf(name);
  const was = await nowOf(name);
  const id = before!.Id;
  const row: Expected = verb.answers[state];
  const expected = (isPeer && row.dockerd) || row;
  const late: Answer = { status: 0, body: '' };
  const answer = await (expected.code === 0
    ? Promise.race([verb.ask(api, name), sleep(ANSWER_MS, late)])
    : verb.ask(api, name));
  // dockerd's attach answers errors in plain text.
  const said =
    answer.status >= 400 && answer.body.startsWith('{')
      ? (JSON.parse(answer.body) as { message: string }).message
      : answer.body;
  const words = said.trim().replaceAll(id, 'ID').replaceAll(name, 'NAME');
  const wrong: string[] = [];
  if (answer.status !== expected.code) wrong.push(`${answer.status} and not ${expected.code} (${words})`);
  else if (
    typeof expected.words === 'string' ? words !== expected.words : expected.words && !expected.words.test(words)
  )
    wrong.push(`says ${words}`);
  const after = expected.after ?? was;
  // The answer does not wait for the signal's effect, so poll for the state.
  let found = '';
  for (let tries = 0; tries < 40 && (found = await nowOf(id)) !== after; tries++) await sleep(50);
  if (found !== after) wrong.push(`is ${found} afterwards and not ${after}`);
  return wrong.map((what) => `${verb.name} of one that is ${state}: ${what}`);
}

for (const state of STATES) {
  test(`what each verb does to a container that is ${state}`, async () => {
    const wrong: string[] = [];
    const rows = verbs.map((verb, at) => ({ verb, name: `${state}-${at}` }));
    // Restarting containers need seconds until their delay is long, so all of them are prepared at the same time.
    if (state === 'restarting') await Promise.all(rows.map(({ name }) => make.restarting(name)));
    for (const { verb, name } of rows) {
      await (state === 'restarting' ? longWait(name) : make[state](name));
      wrong.push(...(await check(verb, state, name)));
      for (const left of [name, `${name}-other`]) await api('DELETE', `/containers/${left}?force=1`);
    }
    assert.equal(wrong, []);
  });
}

test.run();
