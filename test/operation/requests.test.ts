import * as assert from 'uvu/assert';
import type { NewEvent } from '../../runtime/journal/event.ts';
import { decidedAtGate, injectedRequest } from '../../runtime/kernel/errors.ts';
import { Shared } from '../../runtime/image/store/shared.ts';
import { Gate } from '../../runtime/operation/gate.ts';
import type { Step } from '../../runtime/container/step.ts';
import { suite } from '../harness.ts';

const test = suite('requests at the gate');
const step: Step<never> = { id: 'pull.fetch-layers', title: 'fetch', explain: 'fetch', do: async () => undefined };
const told: NewEvent[] = [];
const shown = () =>
  told
    .splice(0)
    .map((event) =>
      'at' in event
        ? `${event.at}${'next' in event && event.next ? ` ${event.next.name} ${String(event.next.args[1])}` : ''}`
        : '',
    );
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Three concurrent requests. */
async function side(breakpoints: string[]) {
  const gate = new Gate((event) => void told.push(event));
  gate.arm({ mode: 'run', breakpoints });
  await gate.beforeStep(step);
  const results = ['a', 'b', 'c'].map((url) =>
    (gate.beforeRequest('GET', url) ?? Promise.resolve()).then(
      () => `${url} passed`,
      (error: Error) => `${url} ${error.name}`,
    ),
  );
  return { gate, results };
}

test('a request passes at once when nothing asks for it', async () => {
  const gate = new Gate(() => {
    throw new Error('there is nothing to tell');
  });
  gate.arm({ mode: 'run', breakpoints: ['mount'] });
  assert.is(gate.beforeRequest('GET', 'http://registry/v2/'), undefined);
});

test('of requests side by side one is shown at a time, in their order', async () => {
  const { gate, results } = await side(['http']);
  assert.equal(shown(), ['paused http a']);
  gate.command({ command: 'continue' });
  await turn();
  assert.equal(shown(), ['resumed', 'paused http b']);
  gate.command({ command: 'continue' });
  await turn();
  gate.command({ command: 'continue' });
  assert.equal(await Promise.all(results), ['a passed', 'b passed', 'c passed']);
  shown();
});

test('a request has a number within its step, as a call has', async () => {
  const { gate, results } = await side(['pull.fetch-layers#2']);
  assert.equal([await results[0], await results[2], shown()], ['a passed', 'c passed', ['paused http b']]);
  gate.command({ command: 'fail', errno: 'ECONNREFUSED' });
  assert.is(await results[1], 'b Injected');
  shown();
});

test('an abort ends the one that stands, and is told to what is done beside it', async () => {
  const { gate, results } = await side(['http']);
  const why: unknown[] = [];
  gate.onAbort = (aborted) => void why.push(aborted);
  gate.command({ command: 'abort' });
  assert.equal(
    await Promise.all(results),
    ['a Aborted', 'b passed', 'c passed'],
    'what passes is cut by whoever was told',
  );
  assert.equal(why.map(decidedAtGate), [true]);
  shown();
});

test('work that several share is begun anew when the gate of the first ended it, and fails for all when it failed itself', async () => {
  const shared = new Shared<string, number>();
  let fail: (error: Error) => void = () => undefined;
  const first = shared
    .run(
      'layer',
      () => new Promise<string>((_, reject) => (fail = reject)),
      () => undefined,
    )
    .catch((error: Error) => error.message);
  const second = shared.run(
    'layer',
    async () => 'fetched by the second',
    () => undefined,
  );
  fail(injectedRequest('GET', 'http://registry/blob', 5));
  assert.match(await first, /input\/output error \(EIO, answered at the gate\)/);
  assert.is(await second, 'fetched by the second');

  const third = shared
    .run(
      'layer',
      () => new Promise<string>((_, reject) => (fail = reject)),
      () => undefined,
    )
    .catch((error: Error) => error.message);
  const fourth = shared
    .run(
      'layer',
      async () => 'never',
      () => undefined,
    )
    .catch((error: Error) => error.message);
  fail(new Error('wrong digest'));
  assert.equal([await third, await fourth], ['wrong digest', 'wrong digest']);
});

test.run();
