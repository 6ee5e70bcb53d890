import { suite } from '../harness.ts';
import * as assert from 'uvu/assert';
import { assertNothingLeft, failEachCall, standIn, undoSteps, type StandIn, type Standing } from './stand-in.ts';
import { failure, initSteps, rwLayer } from './init-steps.ts';
import { create, init } from './stage-phases.ts';

const test = suite('init phase that fails');

for (const [name, args, prepare, exitCode, message] of [
  [
    'a program that is not there',
    ['/nope'],
    (one: Standing) => one.machine.image.absent.add('/nope'),
    127,
    'exec: "/nope": stat /nope: no such file or directory',
  ],
  ['a directory', ['/etc'], () => undefined, 126, 'exec: "/etc": is a directory: permission denied'],
  [
    'a name that no directory of PATH has',
    ['nope'],
    (one: Standing) => ['/usr/bin/nope', '/bin/nope'].forEach((p) => one.machine.image.absent.add(p)),
    127,
    'exec: "nope": executable file not found in $PATH',
  ],
] as const) {
  test(`${name} ends in docker's exit code ${exitCode}, and nothing is left`, async () => {
    const one = standIn({ config: { Cmd: [...args] } });
    prepare(one);
    const error = await failure(initSteps({}, one));
    assert.is(error.exitCode, exitCode);
    assert.match(error.message, message);
    await undoSteps(one.k, one.c, create, rwLayer, init);
    assertNothingLeft(one, name);
  });
}

for (const [errno, exitCode] of [
  ['ENOENT', 127],
  ['EACCES', 126],
  ['ENOEXEC', 126],
  ['ETXTBSY', 126],
  ['E2BIG', 126],
] as const) {
  test(`execve(2) that says ${errno} is exit code ${exitCode}`, async () => {
    assert.is((await failure(initSteps({ fail: { at: 'execve', errno } }))).exitCode, exitCode);
  });
}

for (const [name, wanted] of [
  ['pipes', {}],
  [
    'a terminal, a user and a user namespace',
    { config: { Tty: true, User: 'www', WorkingDir: '/w' }, host: { UsernsMode: 'private', ConsoleSize: [20, 80] } },
  ],
  [
    'init, read-only, limits',
    {
      host: {
        Init: true,
        ReadonlyRootfs: true,
        Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
        OomScoreAdj: 5,
        SecurityOpt: ['no-new-privileges'],
      },
    },
  ],
  ['cgroup v2', { cgroups: 'v2' }],
] as [string, StandIn][]) {
  test(`whichever call fails with ${name}, undo leaves nothing`, async () => {
    const count = await failEachCall(wanted, [create, rwLayer], [init]);
    assert.ok(count > 120, `only ${count} calls`);
  });
}

test.run();
