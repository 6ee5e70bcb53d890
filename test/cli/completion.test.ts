import * as assert from 'uvu/assert';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../harness.ts';
import { Served } from '../server/serve.ts';
import { drydock, run } from './command.ts';

const test = suite('cli completion and help', 'bash');
let served: Served;
let scripts: Record<string, string>;
let verbs: string[];
test.before(async () => {
  served = new Served();
  const listing = (await run(served.socket, [])).out;
  verbs = [...listing.slice(listing.indexOf('Containers:')).matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name!);
  scripts = {
    bash: (await run(served.socket, ['completion', 'bash'])).out,
    zsh: (await run(served.socket, ['completion', 'zsh'])).out,
  };
  mkdirSync(join(served.dir, 'bin'));
  // The completion script calls the command by its name.
  writeFileSync(join(served.dir, 'bin/drydock'), `#!/bin/sh\nexec ${process.execPath} ${drydock} "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(served.dir, 'completion'), scripts['bash']!);
});
test.after(() => served.close());

/** The completions after these words. Asynchronous, because the server that answers is in this process. */
async function offered(...words: string[]): Promise<string[]> {
  const quoted = ['drydock', ...words].map((word) => `'${word}'`).join(' ');
  const script = `source ${served.dir}/completion; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _drydock; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { out, err, code } = await served.run('env', [
    `PATH=${served.dir}/bin:${process.env['PATH']}`,
    `DRYDOCK_HOST=unix://${served.socket}`,
    'bash',
    '-c',
    script,
  ]);
  assert.equal([code, err], [0, '']);
  return out.trim().split('\n');
}

test('bash completes verbs, flags, containers and images', async () => {
  await run(served.socket, ['create', '--name', 'aboard', 'ubuntu']);
  assert.equal(await offered('re'), ['restart', 'rename', 'record', 'registry']);
  assert.equal(await offered('run', '--cap-'), ['--cap-add', '--cap-drop']);
  assert.equal(await offered('-H', `unix://${served.socket}`, 'run', '--ste'), ['--step']);
  assert.equal(await offered('start', 'ab'), ['aboard']);
  assert.equal(await offered('rmi', 'ubu'), ['ubuntu:latest']);
  assert.equal(await offered('completion', ''), ['bash', 'zsh']);
});

test('both scripts parse and know every verb', () => {
  assert.ok(verbs.length > 30);
  for (const [shell, script] of Object.entries(scripts)) {
    for (const name of verbs) assert.match(script, new RegExp(`^ +${name}\\) `, 'm'), `${shell}: ${name}`);
    // bash parses the words and quotes of the zsh script like zsh does; zsh itself is used if it is installed.
    const parser = shell === 'zsh' && existsSync('/usr/bin/zsh') ? 'zsh' : 'bash';
    execFileSync(parser, ['-n'], { input: script, stdio: ['pipe', 'ignore', 'pipe'] });
  }
});

test('a verb that is a group of commands lists them when it stands alone', async () => {
  for (const name of ['checkpoint', 'network', 'volume', 'system']) {
    const { out, err, code } = await run(served.socket, [name]);
    assert.is(code, 0, err);
    assert.match(out, new RegExp(`^Usage: drydock ${name} [^]*Commands:`));
  }
});

test('every verb has help with examples', async () => {
  for (const name of verbs) {
    const { out, code, err } = await run(served.socket, [name, '--help']);
    assert.equal([code, err], [0, ''], name);
    assert.match(out, new RegExp(`^Usage: drydock ${name}`), name);
    assert.match(out, new RegExp(`\n {2}\\$ drydock (${name}|[^\n]*\n)`), name);
  }
});

test('without a verb the verbs are listed in groups', async () => {
  const { out, code } = await run(served.socket, []);
  assert.is(code, 0);
  for (const group of ['Containers:', 'Look at them:', 'Walk round the hull:', 'Images:', 'The daemon:', 'Examples:'])
    assert.match(out, `\n${group}\n`);
});

test("what is wrong with the command line is said in a line, with docker's codes", async () => {
  const cases: [string[], number, RegExp][] = [
    [['bogus'], 1, /^drydock: unknown command: drydock bogus\n/],
    [['runn', 'x'], 1, /^drydock: unknown command: drydock runn\n\(Did you mean .*\brun\b.*\)\nRun 'drydock --help'/],
    [['ps', '--bogus'], 125, /^drydock: unknown flag: --bogus\nRun 'drydock ps --help'/],
    [['run'], 1, /missing required argument 'image'/],
    [['ps', 'x'], 1, /too many arguments/],
    [['run', '--gpus', 'all', 'ubuntu'], 125, /^drydock: --gpus is not supported/],
    [
      ['run', '--health-cmd=x', '--no-healthcheck', 'ubuntu'],
      125,
      /^drydock: --no-healthcheck conflicts with --health-\* options\n/,
    ],
    [['run', '--health-interval', '5', 'ubuntu'], 125, /invalid argument "5" for "--health-interval" flag/],
    [['run', '--health-retries', '-1', 'ubuntu'], 125, /it cannot be negative/],
    [['run', '-m'], 125, /argument missing/],
    [['-H', 'ftp://x', 'ps'], 125, /invalid host "ftp:\/\/x"/],
    [['update', 'x'], 125, /one or more flags/],
  ];
  for (const [args, code, message] of cases) {
    const ran = await run(served.socket, args);
    assert.is(ran.code, code, args.join(' '));
    assert.match(ran.err, message);
    assert.is(ran.out, '');
  }
});

test(['root'], 'a user who is not root is told so when no daemon listens', async () => {
  const { code, err } = await served.run('setpriv', [
    '--reuid',
    '65534',
    '--clear-groups',
    process.execPath,
    drydock,
    '-H',
    'unix:///run/nobody-listens-here.sock',
    'run',
    'ubuntu',
  ]);
  assert.match(err, /^drydock: must run as root: no daemon listens at \/run\/nobody-listens-here\.sock/);
  assert.is(code, 125);
});

test.run();
