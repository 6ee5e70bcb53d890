import * as assert from 'uvu/assert';
import { busyboxImage } from './busybox-image.ts';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('as many arguments as the kernel takes', { images: [] });
let image = '';
const users = Array.from(
  { length: 12_000 },
  (_, j) => `user${j}:x:${10_000 + j}:${10_000 + j}::/home/user${j}:/bin/sh\n`,
).join('');
s.test.before(async () => {
  image = await busyboxImage(s.daemon, 'long', {
    entries: [{ name: 'etc/passwd', content: `root:x:0:0::/root:\n${users}last:x:77:78::/last:\n` }],
  });
});

interface Ended {
  status: number;
  message: string;
  out: string;
  code: number;
}
const counting = ['sh', '-c', 'echo $#', 'sh'];
const post = async (path: string, body: object = {}) => {
  const { status, body: text } = await s.daemon.api('POST', path, body);
  return { status, ...(text ? (JSON.parse(text) as { Id?: string; message?: string; StatusCode?: number }) : {}) };
};

/** Creates and starts it over the API, because a command line has its own length limits. */
async function runs(config: object): Promise<Ended> {
  const {
    Id,
    message: refused,
    status: created,
  } = await post('/containers/create', { Image: image, Tty: true, ...config });
  if (!Id) return { status: created, message: refused ?? '', out: '', code: -1 };
  const { status, message = '' } = await post(`/containers/${Id}/start`);
  const code = status === 204 ? ((await post(`/containers/${Id}/wait`)).StatusCode ?? -1) : -1;
  const out = status === 204 ? (await s.daemon.api('GET', `/containers/${Id}/logs?stdout=1&stderr=1`)).body.trim() : '';
  await s.daemon.api('DELETE', `/containers/${Id}?force=1`);
  return { status, message, out, code };
}
const kilobytes = (count: number) => Array<string>(count).fill('y'.repeat(999));
const variables = Array.from({ length: 20_000 }, (_, j) => `V${j}=${j}`);
const stack = { HostConfig: { Ulimits: [{ Name: 'stack', Soft: 1 << 26, Hard: 1 << 26 }] } };

for (const [what, config, out] of [
  ['1.5 MB of arguments', { Cmd: [...counting, ...kilobytes(1500)] }, '1500'],
  ['150,000 arguments', { Cmd: [...counting, ...Array<string>(150_000).fill('y')] }, '150000'],
  [
    '150,000 arguments through --init',
    { Cmd: [...counting, ...Array<string>(150_000).fill('y')], HostConfig: { Init: true } },
    '150000',
  ],
  ['20,000 variables', { Cmd: ['sh', '-c', 'env | grep -c ^V; echo $V19999'], Env: variables }, '20000\r\n19999'],
  ['5 MB of arguments with a stack of 64 MB', { Cmd: [...counting, ...kilobytes(5000)], ...stack }, '5000'],
] as const) {
  s.test(`${what} arrive in the program`, async () => {
    assert.equal(await runs(config), { status: 204, message: '', out, code: 0 });
  });
}

for (const [what, config] of [
  ['one argument of 200 kB', { Cmd: [...counting, 'y'.repeat(200_000)] }],
  ['one variable of 200 kB', { Cmd: counting, Env: [`V=${'y'.repeat(200_000)}`] }],
  ['3 MB of arguments', { Cmd: [...counting, ...kilobytes(3000)] }],
  ['a million arguments', { Cmd: [...counting, ...Array<string>(1_000_000).fill('y')] }],
  ['10 MB of arguments with a stack of 64 MB', { Cmd: [...counting, ...kilobytes(10_000)], ...stack }],
] as const) {
  s.test(`${what}: the kernel's E2BIG as a clear and short error`, async () => {
    const { status, message } = await runs(config);
    assert.ok(status >= 400, String(status));
    assert.match(message, /exec: "sh": argument list too long/);
    assert.ok(message.length < 1000, `a message of ${message.length} characters`);
  });
}

s.test('exec takes as many, and says the same when they are too many', async () => {
  const { Id = '' } = await post('/containers/create', { Image: image, Cmd: ['sleep', '60'] });
  await post(`/containers/${Id}/start`);
  const executed = async (config: object) => {
    const exec = await post(`/containers/${Id}/exec`, { AttachStdout: true, AttachStderr: true, Tty: true, ...config });
    return (await s.daemon.api('POST', `/exec/${exec.Id}/start`, { Tty: true })).body.trim();
  };
  assert.is(await executed({ Cmd: [...counting, ...kilobytes(1500)] }), '1500');
  assert.is(await executed({ Cmd: [...counting, ...Array<string>(150_000).fill('y')] }), '150000');
  assert.is(await executed({ Cmd: ['sh', '-c', 'env | grep -c ^V'], Env: variables }), '20000');
  assert.match(await executed({ Cmd: [...counting, 'y'.repeat(200_000)] }), /argument list too long/);
  await s.daemon.api('DELETE', `/containers/${Id}?force=1`);
});

s.test(
  'both clients run 1.5 MB of arguments, held at every call too, and the journal of it stays readable',
  async () => {
    for (const client of clients) {
      const { out, err } = await s.daemon.client(client, ['run', '--rm', image, ...counting, ...kilobytes(1500)]);
      assert.is(out, '1500\n', `${client}: ${err}`);
    }
    await s.daemon.ok('run', '--name', 'kept', image, ...counting, ...kilobytes(1500));
    const trace = await s.daemon.ok('trace', 'kept');
    assert.match(trace, /execve\("\/bin\/sh", \["sh", "-c"/);
    assert.ok(trace.length < 200_000, `a trace of ${trace.length} characters`);
    await s.daemon.ok('rm', 'kept');
  },
);

s.test('a user at the end of a passwd of 600 kB is found', async () => {
  assert.is(
    await s.daemon.ok('run', '--rm', '-u', 'last', image, 'sh', '-c', 'echo $(id -u):$(id -g) $HOME'),
    '77:78 /last',
  );
});

s.test.run();
