/** Published ports and names in the network phase: what is taken first, and what is given back. */
import * as assert from 'uvu/assert';
import { SyscallError } from '../../runtime/kernel/errors.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { network } from '../../runtime/steps/container/4-network.ts';
import { suite } from '../harness.ts';
import { idOf } from '../network/namespace.ts';
import { applicable, NAMED, notes, prepare, readable, run, unwind } from './network-run.ts';

const test = suite('network phase: ports and names');

test('published ports are taken first, then rules lead to the container, then the proxy is started', async () => {
  const { k, c, fake } = prepare({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } });
  const ids = () => applicable(c).map(({ id }) => id);
  const own = ['network.pass-firewalls', 'network.bind-ports', 'network.rewrite-ports', 'network.start-proxy'];
  assert.equal(ids().slice(-7, -3), own);
  Object.assign(c.settings, { userlandProxy: false });
  assert.equal(ids().slice(-6, -3), ['network.route-loopback', 'network.rewrite-ports', 'network.start-proxy']);
  Object.assign(c.settings, { userlandProxy: undefined });
  await run(k, c);
  const bound = k.raw.filter(({ name }) => name === 'bind').map(({ note }) => note);
  assert.equal(bound, ['0.0.0.0:8080/tcp', '[::]:8080/tcp']);
  assert.ok(k.calls.includes('daemon.spawnHelper("port-proxy", 8)'));
  assert.equal([...fake.open], [], 'the proxy has the sockets now, the daemon none');
  assert.equal(c.live.portSockets, []);
  const nft = k.facts.filter(({ kind }) => kind === 'nft').map(({ value }) => value ?? '');
  assert.ok(nft.some((rule) => /^iifname != "ddtest0" fib .* tcp dport 8080 .* dnat to 172\.30\.0\.2:80$/.test(rule)));
});

test('on a network that a user made a name server is started, and port 53 is led to it', async () => {
  const { k, c, fake } = prepare({ NetworkMode: NAMED });
  assert.equal(
    applicable(c)
      .map(({ id }) => id)
      .slice(-3),
    ['network.write-resolv-conf', 'network.serve-names', 'network.lead-names'],
  );
  await run(k, c);
  assert.match(fake.files.get(c.paths.resolvConf)!, /^nameserver 127\.0\.0\.11\n/);
  const table = `/d/names/${c.id}`;
  assert.match(fake.files.get(table)!, new RegExp(`\nforward\nnetwork ${idOf(9)} bridge\n$`));
  const bound = k.raw.filter(({ name }) => name === 'bind').map(({ note }) => note);
  assert.equal(bound, ['127.0.0.11:40053', '127.0.0.11:40053'], 'datagrams and streams');
  assert.ok(k.calls.includes('daemon.spawnHelper("name-server", 8)'));
  const rules = notes(k).find((note) => note.includes('drydock-names'))!;
  assert.match(rules, /payload.*csum_offset 6/);
  assert.match(rules, /payload.*csum_offset 16/);
  assert.equal([...fake.open], [], 'the server has the sockets now, the daemon none');
  assert.match(k.calls.at(-1)!, /^daemon\.returnNetfilter\(\d+, false\)$/);
  await unwind(k, c);
  assert.not.ok(fake.files.has(table));
  assert.ok(k.calls.includes('daemon.kill(4243, 9)'));
});

test('when the port inside is taken, the next one is used', async () => {
  const { c, fake } = prepare({ NetworkMode: NAMED });
  let count = 0;
  const bind = (call: Call) => {
    if (++count === 2) throw new SyscallError('bind', 98, 'bind()', call.actor);
    return 0;
  };
  const k = recordingKernel({ answers: { ...fake.answers, bind }, readable });
  await run(k, c);
  const bound = k.raw.filter(({ name }) => name === 'bind').map(({ note }) => note);
  assert.equal(bound.slice(-2), ['127.0.0.11:40054', '127.0.0.11:40054']);
  assert.equal([...fake.open], []);
});

test('a container that ends while its name server is started does not lend it the number of another file', async () => {
  const { c, fake } = prepare({ NetworkMode: NAMED });
  const given: unknown[] = [];
  const endsAt = (name: 'fcntl' | 'bind') => {
    const answer = fake.answers[name];
    return (call: Call) => {
      if (name === 'fcntl') given.push(call.args[0]);
      delete c.live.pidfd;
      return typeof answer === 'function' ? answer(call) : 0;
    };
  };
  const serve = network.steps.find(({ id }) => id === 'network.serve-names')!;
  await serve.do(recordingKernel({ answers: { ...fake.answers, bind: endsAt('bind') }, readable }), c);
  c.live.pidfd = 8;
  const k = recordingKernel({ answers: { ...fake.answers, fcntl: endsAt('fcntl') }, readable });
  const error = await Promise.resolve(serve.do(k, c)).catch((e: Error) => e);
  assert.match((error as Error).message, /^container 0001cccccccc has no process$/);
  assert.equal(given, [8]);
  assert.not.ok(k.calls.some((call) => call.includes('spawnHelper')));
  assert.equal([...fake.open], []);
});

test('the rules for names come into an empty table, because a server that is started again may have another port', async () => {
  const { k, c } = prepare({ NetworkMode: NAMED });
  await run(k, c);
  const rules = notes(k).find((note) => note.includes('drydock-names'))!;
  assert.match(rules, /NEWTABLE.*DELTABLE.*NEWTABLE.*NEWCHAIN.*NEWRULE/s);
});

test('when the port is taken at one of two addresses, the other is given back', async () => {
  const { c, fake } = prepare({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } });
  let count = 0;
  const bind = (call: Call) => {
    if (++count === 2) throw new SyscallError('bind', 98, 'bind()', call.actor);
    return 0;
  };
  const holder = { pid: 4711, program: 'nginx', words: ['nginx'] };
  const k = recordingKernel({ answers: { ...fake.answers, bind }, jobs: { 'port-holder': () => holder } });
  const error = await run(k, c).then(
    () => undefined,
    (e: unknown) => e as Error,
  );
  assert.match(error!.message, /^driver failed programming external connectivity on endpoint c0001 \(/);
  assert.match(error!.message, 'listen tcp6 [::]:8080: bind: address already in use; nginx (pid 4711) has it');
  assert.equal(c.live.portSockets, []);
  assert.equal([...fake.open], []);
});

test.run();
