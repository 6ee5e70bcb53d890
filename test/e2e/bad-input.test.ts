import * as assert from 'uvu/assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import { clients, drydock } from './daemon.ts';
import { atRest, sameAs } from './leftovers.ts';
import { run } from './ran.ts';
import { site } from './site.ts';

const s = await site('bad input', { also: ['setpriv'] });
/** What must not change, apart from the images. */
let before: Record<string, string[]>;
s.test.before(async () => {
  await s.daemon.ok('run', '--rm', 'ubuntu', 'true'); // creates the bridge, which exists once per machine
  mkdirSync(`${s.daemon.root}/plain`);
  writeFileSync(`${s.daemon.root}/plain/file`, '');
  writeFileSync(`${s.daemon.root}/plain/bad.json`, '{"defaultAction": "SCMP_ACT_SOMETIMES"');
  before = await atRest(s.daemon);
});

/**
 * `docker`: the exit code of docker's client, where it differs. The client derives it from the daemon's message, and
 * treats any missing file as a missing program.
 */
interface Bad {
  name: string;
  args: string[] | (() => string[]);
  code: number;
  docker?: number;
  err: RegExp;
  clients?: readonly ('drydock' | 'docker')[];
}
const image = (...flags: string[]) => ['run', '--rm', ...flags, 'ubuntu', 'true'];
const program = (...command: string[]) => ['run', '--rm', 'ubuntu', ...command];
const ours = ['drydock'] as const;

const rows: Bad[] = [
  { name: 'an image that nobody has', args: ['run', '--rm', 'no-such-image', 'true'], code: 125, err: /no-such-image/ },
  {
    name: 'a tag that is not there',
    args: ['run', '--rm', 'ubuntu:no-such-tag', 'true'],
    code: 125,
    err: /no-such-tag/,
  },
  {
    name: 'a digest that is not there',
    args: ['run', '--rm', `ubuntu@sha256:${'0'.repeat(64)}`, 'true'],
    code: 125,
    err: /0{12}/,
  },
  { name: 'a reference that is none', args: ['run', '--rm', 'UPPER/Case', 'true'], code: 125, err: /lowercase/ },
  {
    name: 'a registry that refuses',
    args: ['run', '--rm', '127.0.0.1:1/x/y', 'true'],
    code: 125,
    err: /127\.0\.0\.1:1/,
  },
  {
    name: 'a program that is not there',
    args: program('/nope'),
    code: 127,
    err: /"\/nope": stat \/nope: no such file or directory/,
  },
  {
    name: 'a program that PATH does not have',
    args: program('nope'),
    code: 127,
    err: /exec: "nope": executable file not found in \$PATH/,
  },
  {
    name: 'a program that may not be executed',
    args: program('/usr/local/bin/not-executable'),
    code: 126,
    err: /permission denied/,
  },
  {
    name: 'a program of no known format',
    args: program('/usr/local/bin/no-format'),
    code: 126,
    err: /exec format error/,
  },
  { name: 'a directory as program', args: program('/etc'), code: 126, err: /permission denied|is a directory/ },
  { name: 'a working directory that is a file', args: image('-w', '/etc/passwd'), code: 125, err: /not a directory/i },
  { name: 'a user that the image does not know', args: image('-u', 'nosuch'), code: 125, err: /nosuch/ },
  { name: 'a group that the image does not know', args: image('-u', '0:nosuch'), code: 125, err: /nosuch/ },
  { name: 'a name that is none', args: image('--name', '-x'), code: 125, err: /[Ii]nvalid container name|-x/ },
  {
    name: 'a bind whose source is missing, with --mount',
    args: image('--mount', 'type=bind,source=/no/such/source,target=/x'),
    code: 125,
    err: /\/no\/such\/source/,
  },
  { name: 'a bind without an absolute target', args: image('-v', '/tmp:relative'), code: 125, err: /relative/ },
  {
    name: 'a bind of a file over a directory',
    args: () => image('-v', `${s.daemon.root}/plain/file:/etc`),
    code: 125,
    err: /not a directory/i,
  },
  { name: 'too little memory', args: image('--memory', '1k'), code: 125, err: /[Mm]inimum memory limit/ },
  {
    name: 'less memory with swap than without',
    args: image('--memory', '64m', '--memory-swap', '32m'),
    code: 125,
    err: /memoryswap|memory-swap|larger than memory/i,
  },
  { name: 'more cpus than there are', args: image('--cpus', '10000'), code: 125, err: /[Rr]ange of CPUs|cpus/ },
  {
    name: 'a cpu that is not there',
    args: image('--cpuset-cpus', '4000'),
    code: 125,
    err: /cpuset-cpus|CPUs are not available/i,
  },
  { name: 'a number of processes below -1', args: image('--pids-limit', 'many'), code: 125, err: /pids-limit/ },
  { name: 'a ulimit that does not exist', args: image('--ulimit', 'nosuch=1'), code: 125, err: /nosuch/ },
  { name: 'a capability that does not exist', args: image('--cap-add', 'FLY'), code: 125, err: /FLY/ },
  { name: "a sysctl that is the host's", args: image('--sysctl', 'vm.swappiness=1'), code: 125, err: /vm\.swappiness/ },
  {
    name: 'a sysctl that the kernel refuses',
    args: image('--sysctl', 'kernel.msgmax=minus'),
    code: 125,
    err: /msgmax/,
  },
  {
    name: 'a device that is not there',
    args: image('--device', '/dev/nosuch'),
    code: 125,
    docker: 127,
    err: /\/dev\/nosuch/,
  },
  { name: 'a security option that is none', args: image('--security-opt', 'nosuch=1'), code: 125, err: /nosuch/ },
  {
    name: 'a seccomp profile that is no JSON',
    args: () => image('--security-opt', `seccomp=${s.daemon.root}/plain/bad.json`),
    code: 125,
    err: /JSON|json|unexpected|seccomp/,
  },
  { name: 'a network that does not exist', args: image('--network', 'nosuch'), code: 125, err: /nosuch/ },
  {
    name: "another container's network that is not there",
    args: image('--network', 'container:nosuch'),
    code: 125,
    err: /nosuch/,
  },
  { name: 'a nameserver that is no address', args: image('--dns', 'not-an-ip'), code: 125, err: /not-an-ip/ },
  { name: 'a host without an address', args: image('--add-host', 'alone'), code: 125, err: /alone/ },
  {
    name: 'a restart policy that is none',
    args: ['run', '--restart', 'sometimes', 'ubuntu', 'true'],
    code: 125,
    err: /sometimes/,
  },
  {
    name: 'a restart policy together with --rm',
    args: image('--restart', 'always'),
    code: 125,
    err: /--restart and --rm|[Cc]onflicting options/,
  },
  { name: 'a stop signal that is none', args: image('--stop-signal', 'SIGNOTHING'), code: 125, err: /SIGNOTHING/ },
  {
    name: 'a flag that is unknown',
    args: image('--no-such-flag'),
    code: 125,
    err: /unknown (flag|option).*--no-such-flag/,
  },
  {
    name: 'a flag that Drydock does not obey',
    args: image('--gpus', 'all'),
    code: 125,
    err: /gpus|device drivers?|not supported/i,
  },
  { name: 'a published port that is none', args: image('-p', '8080:99999'), code: 125, err: /port/i },
  {
    name: 'a breakpoint that is no step',
    args: image('--break', 'no.such-step'),
    code: 125,
    err: /no\.such-step/,
    clients: ours,
  },
  { name: 'a container that does not exist', args: ['start', 'nosuch'], code: 1, err: /No such container: nosuch/ },
  {
    name: 'an environment file that does not exist',
    args: image('--env-file', '/no/such/env'),
    code: 125,
    err: /\/no\/such\/env/,
  },
];

for (const bad of rows) {
  s.test(`${bad.name}: a clear message, docker's exit code, nothing left behind`, async () => {
    const args = typeof bad.args === 'function' ? bad.args() : bad.args;
    for (const client of bad.clients ?? clients) {
      const { code, out, err } = await s.daemon.client(client, args);
      assert.is(code, (client === 'docker' ? bad.docker : undefined) ?? bad.code, `${client}: ${err}${out}`);
      assert.match(err, bad.err, client);
      assert.not.match(err, /\n {4}at |undefined|\[object/, `${client}: no stack, no internals`);
    }
    await sameAs(before, s.daemon);
  });
}

s.test('a name in use names the container that has it, and a limit of blkio out of range its range', async () => {
  const id = await s.daemon.ok('create', '--name', 'taken', 'ubuntu', 'true');
  for (const client of clients) {
    const { code, err } = await s.daemon.client(client, ['run', '--rm', '--name', 'taken', 'ubuntu', 'true']);
    assert.is(code, 125);
    assert.match(err, `The container name "/taken" is already in use by container "${id}"`);
    const weight = await s.daemon.client(client, ['run', '--rm', '--blkio-weight', '5', 'ubuntu', 'true']);
    assert.is(weight.code, 125);
    assert.match(weight.err, /10 .*1000/);
  }
  await s.daemon.ok('rm', 'taken');
  await sameAs(before, s.daemon);
});

s.test('without root nothing is started, and the message says so', async () => {
  const nobody = (...args: string[]) =>
    run('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', ...args], { env: s.daemon.env });
  const refused = await nobody(drydock, 'run', '--rm', 'ubuntu', 'true');
  assert.is(refused.code, 125, refused.err);
  assert.match(refused.err, /permission denied for the daemon's socket .*must run as root/);
  const daemon = await nobody(drydock, 'daemon');
  assert.is.not(daemon.code, 0);
  assert.match(daemon.err, /must run as root/);
  await sameAs(before, s.daemon);
});

s.test('bad JSON, bad versions and bad fields are 400 with a message, and the daemon goes on', async () => {
  const bad: [string, string, unknown, number, RegExp][] = [
    ['POST', '/containers/create', '{"Image": "ubuntu"', 400, /JSON/i],
    ['POST', '/containers/create', '[]', 400, /./],
    ['POST', '/containers/create', { Image: '' }, 400, /no command specified/],
    ['POST', '/containers/create', { Image: 'ubuntu', HostConfig: { Memory: 'much' } }, 400, /Memory/],
    ['POST', '/containers/create', { Image: 'ubuntu', Cmd: { a: 1 } }, 400, /Cmd/],
    ['POST', '/containers/create', { Image: 'ubuntu', Env: 'A=b' }, 400, /Env/],
    ['GET', '/v1.10/containers/json', undefined, 400, /1\.10/],
    ['GET', '/v9.99/containers/json', undefined, 400, /9\.99/],
    ['GET', '/containers/json?filters=%7B', undefined, 400, /filter/i],
    ['GET', '/containers/json?filters=%7B%22nosuch%22%3A%5B%22x%22%5D%7D', undefined, 400, /nosuch/],
    ['GET', '/containers/nosuch/json', undefined, 404, /No such container: nosuch/],
    ['POST', '/build', '', 400, /Cannot locate specified Dockerfile: Dockerfile/],
    ['POST', '/build?version=2', '', 501, /not there yet/],
    ['GET', '/no/such/route', undefined, 404, /./],
  ];
  for (const [method, path, body, status, message] of bad) {
    const answer = await s.daemon.api(method, path, body);
    assert.is(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${answer.body}`);
    assert.match((JSON.parse(answer.body) as { message: string }).message, message);
  }
  assert.is((await s.daemon.api('GET', '/_ping')).body, 'OK');
  await sameAs(before, s.daemon);
});

s.test.run();
