/** The journal contains the source line of each call: the line exists and names the call. */
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../runtime/journal/event.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';
import { Daemon } from './daemon.ts';
import { needs, ownRoom } from './room.ts';

const test = suite('the lines that ask for calls', ...needs);
await ownRoom();
let daemon: Daemon;
test.before(async () => void (daemon = await new Daemon().start()));
test.after(() => daemon.close());
const d = () => daemon;

const lines = new Map<string, string[]>();
function lineAt(source: string): string {
  const [, file, number] = /^([\w./-]+\.ts):(\d+)$/.exec(source) ?? [];
  assert.ok(file, source);
  if (!lines.has(file!)) lines.set(file!, readFileSync(join(packageRoot, 'runtime', file!), 'utf8').split('\n'));
  return lines.get(file!)![Number(number) - 1] ?? '';
}

/** The calls that send a netlink message: their source line is the one that asked for the message. */
const message = /\b(?:socket|withNetlink|NetlinkSocket|inside\(k, )/;
const ofMessages = new Set(['socket', 'setsockopt', 'sendto', 'recvfrom', 'close']);

test('every call of a start, an exec and an end names the line that asked for it', async () => {
  await d().ok('run', '-d', '-it', '--memory', '64m', '--name', 'one', 'ubuntu', '/bin/bash');
  await d().ok('exec', 'one', 'true');
  await d().ok('stop', '-t', '0', 'one');
  const calls = (await d().ok('trace', '--json', 'one'))
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
    .filter((e) => e.type === 'call');
  assert.ok(calls.length > 300, `${calls.length} calls`);
  assert.equal(
    calls.filter(({ source }) => source === undefined).map((e) => `${e.step}: ${e.actor} ${e.name}`),
    [],
  );
  assert.equal(
    calls.filter(({ step, actor }) => step === undefined && actor !== 'daemon').map((e) => `${e.actor} ${e.name}`),
    [],
    'what shim and stage are asked for on the way of a start is a part of a step',
  );
  for (const { name, note, step, source } of calls) {
    const line = lineAt(source!);
    const named =
      (note === 'posix_spawn' ? /\.spawn(Shim|Helper)\(/.test(line) : line.includes(`.${name}(`)) ||
      line.includes(`name: '${name}'`);
    assert.ok(named || (ofMessages.has(name) && message.test(line)), `${step}: ${name} is not on ${source}: ${line}`);
  }
  const of = (call: string) => calls.find(({ name }) => name === call)?.source;
  assert.match(of('pivot_root')!, /^executor\/stage\/init\/root\.ts:\d+$/);
  assert.match(of('clone3_stage')!, /^executor\/stage\/create\/process\.ts:\d+$/);
  assert.ok(
    calls.some(({ name, source }) => name === 'sendto' && source?.startsWith('network/')),
    'a message is asked for where it is made',
  );
  await d().ok('rm', 'one');
});

test.run();
