import * as assert from 'uvu/assert';
import { LIMITS } from '../../server/live/ask/limits.ts';
import { suite } from '../harness.ts';
import { Caller } from './caller.ts';
import { Site } from './visitor.ts';

const test = suite('playground protocol');
let site: Site;
let caller: Caller;
test.before(async () => {
  site = await new Site().open();
  caller = await Caller.call(site);
});
test.after(() => site.close());

const run = async (line: string, more: { step?: boolean; break?: string[] } = {}) =>
  (await caller.ask('run', { line, step: false, break: [], ...more })).id;

test('a viewer is told the phases and the list', async () => {
  const hello = await caller.until(({ seen }) => seen.find((one) => one.type === 'hello'));
  assert.ok(hello.type === 'hello' && hello.phases.some(({ id }) => id === 'rw-layer'));
  await caller.until(({ seen }) => seen.some((one) => one.type === 'containers' && one.list.length === 0));
});

test('a command line becomes a container as `run` makes it, with its mode and its breakpoints', async () => {
  const id = await run("run -it --name box -e 'A=b c' ubuntu sleep 100", {
    step: true,
    break: ['init.pivot-root', 'mount'],
  });
  const [request, options] = site.engine.requests.at(-1)!;
  assert.equal([request.Image, request.Cmd, request.Tty, request.Env], ['ubuntu', ['sleep', '100'], true, ['A=b c']]);
  assert.equal(options, { pull: 'missing', name: 'box' });
  assert.equal(site.engine.container(id).gates, [{ mode: 'step', breakpoints: ['init.pivot-root', 'mount'] }]);
  await caller.until(({ seen }) =>
    seen.some(
      (one) => one.type === 'containers' && one.list.some((row) => row.name === 'box' && row.status === 'running'),
    ),
  );
});

test('containers that others started are in the list', async () => {
  await site.engine.create({ Image: 'ubuntu', HostConfig: {} }, { name: 'theirs' });
  const told = await caller.until(({ seen }) =>
    seen.find((one) => one.type === 'containers' && one.list.some(({ name }) => name === 'theirs')),
  );
  const rows = told.type === 'containers' ? told.list.map(({ name, status }) => `${name} ${status}`) : [];
  assert.equal(rows.sort(), ['box running', 'theirs created']);
});

test('the journal comes from the asked event on', async () => {
  await caller.ask('follow', { id: 'box', from: 0 });
  const events = await caller.until(({ seen }) => seen.find((one) => one.type === 'events'));
  assert.ok(events.type === 'events' && events.events[0]!.type === 'note');
});

test('the journal of a run that is followed from the beginning comes behind the answer, without being asked for', async () => {
  const { id } = await caller.ask('run', {
    line: 'run --name watched ubuntu sleep 100',
    step: false,
    break: [],
    follow: true,
  });
  const at = await caller.until(({ seen }) => seen.findIndex((one) => one.type === 'events' && one.id === id) + 1);
  const answer = caller.seen.findIndex((one) => one.type === 'answer' && (one.value as { id?: string }).id === id);
  assert.ok(answer >= 0 && answer < at - 1);
  const events = caller.seen[at - 1]!;
  assert.is(events.type === 'events' && events.events[0]!.seq, 0);
  await caller.ask('follow', { id: 'box', from: 0 });
});

test('the gate obeys, and says why it does not', async () => {
  await caller.ask('gate', { id: 'box', command: { command: 'next' } });
  assert.equal(site.engine.container('box').gates.at(-1), { command: 'next' });
  const refused = await caller.say({ topic: 'gate', id: 'box', command: { command: 'into' } });
  assert.ok(refused.type === 'refused' && refused.status === 409 && refused.message === 'nothing is paused');
});

test('a terminal is bytes both ways, and its end is told', async () => {
  await run('-it --name cat ubuntu cat');
  assert.equal(await caller.ask('attach', { id: 'cat', terminal: 7 }), { tty: true });
  caller.socket.send(Buffer.concat([Buffer.from([7]), Buffer.from('bytes \u00e9\n')]));
  await caller.until(() => caller.output(7).includes('bytes é'));
  await caller.ask('resize', { terminal: 7, rows: 40, columns: 100 });
  assert.equal(site.engine.container('cat').process.sizes.at(-1), [40, 100]);
  await caller.ask('act', { id: 'cat', action: 'kill' });
  await caller.until(({ seen }) => seen.some((one) => one.type === 'ended' && one.terminal === 7));
});

test('without a tty both streams are shown, taken out of their frames', async () => {
  await run('--name both ubuntu sh -c "sleep 0.2; echo out; echo err >&2"');
  await caller.ask('attach', { id: 'both', terminal: 8 });
  await caller.until(({ seen }) => seen.some((one) => one.type === 'ended' && one.terminal === 8));
  assert.is([...caller.output(8).matchAll(/\w+/g)].map(String).sort().join(' '), 'err out');
});

test('another process beside the first has a terminal of its own; one that cannot start is refused and leaves none', async () => {
  await caller.ask('exec', { id: 'box', terminal: 9, command: ['echo', 'beside'], rows: 24, columns: 80 });
  await caller.until(() => caller.output(9).includes('beside'));
  const refused = await caller.say({
    topic: 'exec',
    id: 'box',
    terminal: 10,
    command: ['/nope'],
    rows: 24,
    columns: 80,
  });
  assert.is(refused.type, 'refused');
  await caller.until(({ seen }) => seen.some((one) => one.type === 'ended' && one.terminal === 10));
});

const wrong: [string, object, RegExp][] = [
  ['no such topic', { topic: 'shell' }, /nothing is known of the topic/],
  ['a name of every object', { topic: 'constructor' }, /nothing is known of the topic/],
  ['no id', { topic: 'follow', from: 0 }, /follow: id/],
  ['an event that is no number', { topic: 'follow', id: 'box', from: -1 }, /follow: from/],
  ['no such container', { topic: 'inspect', id: 'nobody' }, /No such container/],
  [
    'no such breakpoint',
    { topic: 'run', line: 'ubuntu', step: true, break: ['nowhere'] },
    /no step, phase or system call/,
  ],
  ['no command of the gate', { topic: 'gate', id: 'box', command: { command: 'explode' } }, /command of the gate/],
  ['no action', { topic: 'act', id: 'box', action: 'toString' }, /one of start/],
  ['a flag that does not exist', { topic: 'run', line: 'run --nope ubuntu', step: false, break: [] }, /--nope/],
  [
    'a flag that is refused with a reason',
    { topic: 'run', line: 'run --gpus all ubuntu', step: false, break: [] },
    /--gpus is not taken here/,
  ],
  ['an open quotation', { topic: 'run', line: 'run ubuntu "sh', step: false, break: [] }, /unfinished quotation/],
  ['no image', { topic: 'run', line: 'run -it', step: false, break: [] }, /image/],
  ['a terminal number that no byte holds', { topic: 'attach', id: 'box', terminal: 256 }, /attach: terminal/],
];
for (const [what, message, why] of wrong) {
  test(`refused, and the connection goes on: ${what}`, async () => {
    const refused = await caller.say(message);
    assert.ok(refused.type === 'refused', JSON.stringify(refused));
    assert.match(refused.message, why);
  });
}

test('a viewer has only so many terminals', async () => {
  const other = await Caller.call(site);
  for (let terminal = 0; terminal < LIMITS.terminals; terminal++) await other.ask('attach', { id: 'box', terminal });
  const refused = await other.say({ topic: 'attach', id: 'box', terminal: 100 });
  assert.ok(refused.type === 'refused' && refused.status === 409);
  await other.ask('detach', { terminal: 0 });
  await other.ask('attach', { id: 'box', terminal: 100 });
  other.socket.close();
});

const rude: [string, (socket: Caller['socket']) => void, number][] = [
  ['what is not JSON', (socket) => socket.send('{'), 1003],
  ['an ask without a number', (socket) => socket.send('{"topic":"follow"}'), 1003],
  ['a message that is too large', (socket) => socket.send('x'.repeat(LIMITS.message + 1)), 1009],
  [
    'too many messages',
    (socket) => {
      for (let i = 0; i < LIMITS.burst + LIMITS.rate; i++) socket.send('{"ask":1,"topic":"x"}');
    },
    1008,
  ],
];
for (const [what, send, code] of rude) {
  test(`the connection ends after ${what}`, async () => {
    const other = await Caller.call(site);
    send(other.socket);
    await other.until(({ closed }) => closed !== undefined);
    assert.is(other.closed, code);
  });
}

test('viewers are bounded, and those of one session leave room for another', async () => {
  const others: Caller[] = [];
  const refused = async () =>
    assert.is(await site.upgrade({ Cookie: site.cookie, Origin: `http://${site.host}` }), 503);
  for (let i = 1; i < LIMITS.viewersOfOne; i++) others.push(await Caller.call(site));
  await refused();
  await site.open();
  for (let i = LIMITS.viewersOfOne; i < LIMITS.viewers; i++) others.push(await Caller.call(site));
  await refused();
  others.forEach(({ socket }) => socket.terminate());
});

test.run();
