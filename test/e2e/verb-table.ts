/**
 * The answer of every verb in every state, as in dockerd 26.1.5: status code, message, and the state right after. The
 * expected values were recorded from a real dockerd with the same requests (peer.ts).
 */
import type { Answer } from './daemon.ts';
import type { Api } from './peer.ts';

export const STATES = ['created', 'running', 'paused', 'restarting', 'exited', 'failed'] as const;
export type StateName = (typeof STATES)[number];
/**
 * `NAME` and `ID` stand for the container's. Without `words` only the code is compared; without `after` the state must
 * not change.
 */
export interface Expected {
  code: number;
  words?: RegExp | string;
  after?: string;
  /** dockerd's answer where Drydock differs on purpose */
  dockerd?: Expected;
}
export interface Verb {
  name: string;
  ask(api: Api, name: string): Promise<Answer>;
  answers: Record<StateName, Expected>;
}

const post = (path: string, body?: unknown) => (api: Api, name: string) =>
  api('POST', `/containers/${name}/${path}`, body);
const get = (path: string) => (api: Api, name: string) => api('GET', `/containers/${name}/${path}`);
const done = (after?: string): Expected => ({ code: 204, ...(after && { after }) });
const notRunning: Expected = { code: 409, words: 'container ID is not running' };
const restarts: Expected = { code: 409, words: 'Container ID is restarting, wait until the container is running' };
const cannotKill: Expected = { code: 409, words: 'cannot kill container: NAME: container ID is not running' };
const notPaused: Expected = { code: 500, words: 'Container ID is not paused' };
const notRestarted: Expected = {
  code: 500,
  words: /^Cannot restart container NAME: .*exec: "\/nope": stat \/nope: no such file or directory/,
};
const notStarted: Expected = { code: 400, words: /exec: "\/nope": stat \/nope: no such file or directory/ };
const all = (expected: Expected): Verb['answers'] =>
  Object.fromEntries(STATES.map((state) => [state, expected])) as Verb['answers'];
/** Verbs that need a process: they fail in all other states, with a message of its own while restarting. */
const running = (expected: Expected, paused: Expected): Verb['answers'] => ({
  ...all(notRunning),
  running: expected,
  paused,
  restarting: restarts,
});
const removal = (state: string, todo = 'stop the container before removing or force remove'): Expected => ({
  code: 409,
  words: `cannot remove container "/NAME": container is ${state}${todo === '' ? '' : `: ${todo}`}`,
});
/** Code 0: no answer within ANSWER_MS. */
const waits: Expected = { code: 0 };

export const verbs: Verb[] = [
  {
    name: 'start',
    ask: post('start'),
    answers: {
      created: done('running'),
      running: { code: 304 },
      paused: { code: 409, words: 'cannot start a paused container, try unpause instead' },
      restarting: { code: 304 },
      exited: done('running'),
      failed: notStarted,
    },
  },
  {
    name: 'stop',
    ask: post('stop?t=5'),
    answers: {
      ...all({ code: 304 }),
      running: done('exited 7'),
      paused: done('exited 7'),
      restarting: done('exited 3'),
    },
  },
  {
    name: 'restart',
    ask: post('restart?t=5'),
    answers: { ...all(done('running')), restarting: done(), failed: notRestarted },
  },
  {
    name: 'kill',
    ask: post('kill'),
    answers: {
      ...all(cannotKill),
      running: done('exited 137'),
      paused: done('exited 137'),
      restarting: done('exited 3'),
    },
  },
  {
    name: 'kill with the stop signal',
    ask: post('kill?signal=TERM'),
    answers: { ...all(cannotKill), running: done('exited 7'), paused: done('exited 7'), restarting: done('exited 3') },
  },
  {
    name: 'kill with a signal that it ignores',
    ask: post('kill?signal=WINCH'),
    answers: { ...all(cannotKill), running: done(), paused: done('running'), restarting: done('exited 3') },
  },
  {
    name: 'pause',
    ask: post('pause'),
    answers: running(done('paused'), { code: 409, words: 'Container ID is already paused' }),
  },
  { name: 'unpause', ask: post('unpause'), answers: { ...all(notPaused), paused: done('running') } },
  {
    name: 'rename',
    ask: (api, name) => api('POST', `/containers/${name}/rename?name=${name}-other`),
    // Between two runs dockerd tries to rename a network sandbox that does not exist: a fault of dockerd.
    answers: { ...all(done()), restarting: { ...done(), dockerd: { code: 404, words: /^sandbox \w+ not found$/ } } },
  },
  {
    name: 'rename to its own name',
    ask: (api, name) => api('POST', `/containers/${name}/rename?name=${name}`),
    answers: all({ code: 400, words: 'Renaming a container with the same name as its current name' }),
  },
  {
    name: 'rename to nothing',
    ask: post('rename?name='),
    answers: all({ code: 400, words: 'Neither old nor new names may be empty' }),
  },
  { name: 'update', ask: post('update', { CpuShares: 512 }), answers: all({ code: 200 }) },
  {
    name: 'remove',
    ask: (api, name) => api('DELETE', `/containers/${name}`),
    answers: {
      ...all(done('gone')),
      running: removal('running'),
      paused: removal('paused and must be unpaused first', ''),
      restarting: removal('restarting'),
    },
  },
  {
    name: 'remove by force',
    ask: (api, name) => api('DELETE', `/containers/${name}?force=1`),
    answers: all(done('gone')),
  },
  {
    name: 'wait',
    ask: post('wait'),
    answers: {
      ...all(waits),
      created: { code: 200, words: /"StatusCode":0/ },
      exited: { code: 200, words: /"StatusCode":3/ },
      failed: { code: 200, words: /(?=.*"StatusCode":127)(?=.*no such file or directory)/ },
    },
  },
  { name: 'wait for the next exit', ask: post('wait?condition=next-exit'), answers: all(waits) },
  { name: 'wait for the removal', ask: post('wait?condition=removed'), answers: all(waits) },
  {
    name: 'attach',
    ask: post('attach?stream=1&stdout=1'),
    answers: {
      ...all(waits),
      paused: { code: 409, words: 'container NAME is paused, unpause the container before attach' },
      restarting: { code: 409, words: 'container NAME is restarting, wait until the container is running' },
    },
  },
  {
    name: 'exec',
    ask: post('exec', { Cmd: ['true'] }),
    answers: running(
      { code: 201 },
      { code: 409, words: 'Container NAME is paused, unpause the container before exec' },
    ),
  },
  {
    name: 'top',
    ask: get('top'),
    answers: running({ code: 200, words: /sleep 1000/ }, { code: 200, words: /sleep 1000/ }),
  },
  { name: 'logs', ask: get('logs?stdout=1'), answers: all({ code: 200 }) },
  { name: 'changes', ask: get('changes'), answers: all({ code: 200 }) },
  { name: 'stats', ask: get('stats?stream=0&one-shot=1'), answers: all({ code: 200 }) },
];
