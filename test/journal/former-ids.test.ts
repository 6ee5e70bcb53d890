import * as assert from 'uvu/assert';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../runtime/journal/event.ts';
import { meaningsOf, presentId, withPresentIds } from '../../runtime/journal/former-ids.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import { phases } from '../../runtime/steps/phases.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';

const test = suite('ids of version 0.2');
const fixture = (name: string) => join(packageRoot, 'test/web/fixtures', `${name}.ndjson`);
const present = new Set(phases.flatMap(({ id, steps }) => [id, ...steps.map((step) => step.id)]));

test('the first process was exec, and is init in the runs of a start', () => {
  assert.is(presentId('exec.sysctls', 1), 'init.sysctls');
  assert.is(presentId('exec', 3), 'init');
  assert.is(presentId('exec.execve', 1), 'init.execve');
  assert.is(presentId('exec.execve', 'exec-4711'), 'exec.execve', 'of an exec that is its present id');
});

test('another process was join, and is exec in the runs of an exec', () => {
  assert.is(presentId('join.setns', 'exec-4711'), 'exec.setns');
  assert.is(presentId('join', 'exec-4711'), 'exec');
});

test('present ids stay as they are, and events without former ids are not copied', () => {
  for (const id of present)
    for (const run of id.startsWith('exec') ? ['exec-1'] : [1, 'exec-1']) assert.is(presentId(id, run), id);
  const event: Event = { seq: 0, time: 1, run: 1, type: 'step', step: 'init.execve', at: 'start' };
  assert.is(withPresentIds(event), event);
});

test('a breakpoint or link with a former id means the present step, also in its undo and at its n-th call', () => {
  assert.ok(meaningsOf('exec.sysctls').includes('init.sysctls'));
  assert.equal(meaningsOf('join.shim'), ['exec.shim']);
  assert.equal(meaningsOf('exec.execve'), ['exec.execve', 'init.execve'], 'it is a present id too');
  assert.equal(meaningsOf('exec'), ['exec', 'init']);
  assert.equal(meaningsOf('undo:join.shim#2'), ['undo:exec.shim#2']);
  assert.ok(meaningsOf('undo:exec.seccomp#1').includes('undo:init.seccomp#1'));
  for (const at of ['create', 'create.join-cgroup', 'execve', 'mount', 'executing.x', 'undo:create.cgroup#1'])
    assert.equal(meaningsOf(at), [at]);
});

for (const name of ['limits', 'joined', 'not-found']) {
  test(`the journal ${name} of version 0.2 is read with the ids of today`, () => {
    const path = join(mkdtempSync('/tmp/ddtest-ids-'), 'journal.ndjson');
    const text = readFileSync(fixture(name), 'utf8');
    assert.match(text, /"step":"exec\.mount-proc"/);
    writeFileSync(path, text);
    const events = Journal.open(path).events();
    assert.is(events.length, text.trimEnd().split('\n').length);
    const ids = new Set(events.flatMap((one) => [...(one.type === 'phase' ? [one.phase] : []), one.step ?? []].flat()));
    assert.equal(
      [...ids].filter((id) => /^(exec|init|join)\b/.test(id) && !present.has(id)),
      [],
    );
    assert.ok(ids.has('init.mount-proc') && ids.has('init'));
    const states = events.flatMap((one) => (one.type === 'state' ? [one.from, one.to] : []));
    assert.ok(text.includes('"to":"executing"') && states.includes('starting'));
    assert.not.ok(states.includes('executing'), 'a state until version 0.2');
  });
}

test('an exec of version 0.2 and the start before it keep their last steps apart', () => {
  const events = readFileSync(fixture('limits'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => withPresentIds(JSON.parse(line) as Event));
  const last = (kind: string) =>
    events.filter(({ type, run }) => type === 'step' && typeof run === kind).map(({ step }) => step!);
  assert.ok(last('number').includes('init.execve') && !last('number').includes('exec.execve'));
  assert.ok(last('string').includes('exec.execve') && !last('string').includes('init.execve'));
});

test.run();
