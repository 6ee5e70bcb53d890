/** What an update may change, the errors of invalid updates, and what is stored afterwards: as in dockerd 26.1.5. */
import * as assert from 'uvu/assert';
import { likeDockerd } from './peer.ts';

const { test, api } = await likeDockerd('update');
const MB = 1_000_000;

type Host = Record<string, unknown>;
async function create(HostConfig: Host): Promise<string> {
  const { status, body } = await api('POST', '/containers/create', {
    Image: 'tiny',
    Cmd: ['sleep', '1000'],
    HostConfig: { NetworkMode: 'none', ...HostConfig },
  });
  assert.is(status, 201, body);
  return (JSON.parse(body) as { Id: string }).Id;
}
const remove = (id: string) => api('DELETE', `/containers/${id}?force=1`);
const hostOf = async (id: string) =>
  (JSON.parse((await api('GET', `/containers/${id}/json`)).body) as { HostConfig: Host }).HostConfig;
const only = (names: Iterable<string>, host: Host): Host =>
  Object.fromEntries([...names].map((name) => [name, host[name]]));

/** `stored`: what inspect shows afterwards; if `words` is set (an error), what was stored before. */
interface Row {
  made: Host;
  change: Host;
  code?: number;
  words?: string;
  stored: Host;
}
const swapFirst =
  'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time';
const conflicting = (made: Host, change: Host, words: string, stored: Host = {}): Row => ({
  made,
  change,
  code: 409,
  words: `Cannot update container ID: ${words}`,
  stored: { ...made, ...stored },
});

const pids: Row[] = [
  { made: { Memory: 300 * MB, MemorySwap: -1 }, change: { PidsLimit: 7 }, stored: { PidsLimit: 7, MemorySwap: -1 } },
  ...[null, 0, -1, -2, 7].map((limit) => ({
    made: { PidsLimit: limit },
    change: {},
    stored: { PidsLimit: limit === 7 ? 7 : null },
  })),
  ...[
    [null, null],
    [0, 0],
    [-1, 0],
    [-2, 0],
    [7, 7],
  ].map(([asked, PidsLimit]) => ({ made: {}, change: { PidsLimit: asked }, stored: { PidsLimit } })),
  ...[
    [null, 50],
    [0, 0],
    [-1, 0],
    [-2, 0],
    [7, 7],
  ].map(([asked, PidsLimit]) => ({ made: { PidsLimit: 50 }, change: { PidsLimit: asked }, stored: { PidsLimit } })),
];
const memory: Row[] = [
  conflicting({}, { Memory: 300 * MB }, swapFirst, { Memory: 0, MemorySwap: 0 }),
  conflicting({ Memory: 300 * MB }, { Memory: 700 * MB }, swapFirst, { MemorySwap: 600 * MB }),
  conflicting({ Memory: 300 * MB, MemorySwap: -1 }, { Memory: 700 * MB }, swapFirst),
  conflicting({ Memory: 300 * MB, MemorySwap: -1 }, { Memory: 200 * MB }, swapFirst),
  {
    made: { Memory: 300 * MB },
    change: { Memory: 600 * MB },
    stored: { Memory: 600 * MB, MemorySwap: 600 * MB },
  },
  {
    made: { Memory: 300 * MB },
    change: { Memory: 200 * MB },
    stored: { Memory: 200 * MB, MemorySwap: 600 * MB },
  },
  {
    made: { Memory: 300 * MB, MemorySwap: 300 * MB },
    change: { Memory: 200 * MB },
    stored: { Memory: 200 * MB, MemorySwap: 300 * MB },
  },
  {
    made: { Memory: 300 * MB },
    change: { Memory: 700 * MB, MemorySwap: 700 * MB },
    stored: { Memory: 700 * MB, MemorySwap: 700 * MB },
  },
  {
    made: {},
    change: { Memory: 700 * MB, MemorySwap: -1 },
    stored: { Memory: 700 * MB, MemorySwap: -1 },
  },
  {
    made: {},
    change: { Memory: 1000 },
    code: 400,
    words: 'Minimum memory limit allowed is 6MB',
    stored: { Memory: 0 },
  },
];
const cpu: Row[] = [
  conflicting(
    { CpuQuota: 50_000 },
    { NanoCpus: 5e8 },
    'Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set',
  ),
  conflicting(
    { CpuPeriod: 50_000 },
    { NanoCpus: 5e8 },
    'Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set',
  ),
  conflicting(
    { NanoCpus: 5e8 },
    { CpuQuota: 50_000 },
    'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set',
  ),
  conflicting(
    { NanoCpus: 5e8 },
    { CpuPeriod: 50_000, CpuQuota: 20_000 },
    'Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set',
  ),
  {
    made: { NanoCpus: 5e8 },
    change: { NanoCpus: 1e9, CpuPeriod: 50_000 },
    code: 400,
    words: 'Conflicting options: Nano CPUs and CPU Period cannot both be set',
    stored: { NanoCpus: 5e8, CpuPeriod: 0 },
  },
  { made: { CpuQuota: 50_000 }, change: { CpuQuota: -1 }, stored: { CpuQuota: -1 } },
];
const no = { Name: 'no', MaximumRetryCount: 0 };
const always = { Name: 'always', MaximumRetryCount: 0 };
const fixed = 'Restart policy cannot be updated because AutoRemove is enabled for the container';
const restart: Row[] = [
  conflicting({ AutoRemove: true }, { RestartPolicy: { Name: 'always' } }, fixed, { RestartPolicy: no }),
  conflicting({ AutoRemove: true }, { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } }, fixed),
  { made: { AutoRemove: true }, change: { RestartPolicy: { Name: 'no' } }, stored: { RestartPolicy: no } },
  { made: { AutoRemove: true }, change: { RestartPolicy: { Name: '' } }, stored: { RestartPolicy: no } },
  { made: { RestartPolicy: always }, change: { RestartPolicy: no }, stored: { RestartPolicy: no } },
  { made: { RestartPolicy: always }, change: { Memory: 9 * MB, MemorySwap: -1 }, stored: { RestartPolicy: always } },
];

for (const [what, rows] of Object.entries({ pids, memory, cpu, restart }))
  test(`${what}: what is stored, and what is refused`, async () => {
    for (const { made, change, code = 200, words, stored } of rows) {
      const id = await create(made);
      const { status, body } = await api('POST', `/containers/${id}/update`, change);
      const told = `${JSON.stringify(made)} and then ${JSON.stringify(change)}: ${body}`;
      assert.is(status, code, told);
      if (words !== undefined)
        assert.is((JSON.parse(body) as { message: string }).message.replaceAll(id, 'ID'), words, told);
      assert.equal(only(Object.keys(stored), await hostOf(id)), stored, told);
      await remove(id);
    }
  });

async function printed(id: string, script: string): Promise<string> {
  const exec = await api('POST', `/containers/${id}/exec`, {
    Cmd: ['sh', '-c', script],
    AttachStdout: true,
    Tty: true,
  });
  const { Id } = JSON.parse(exec.body) as { Id: string };
  return (await api('POST', `/exec/${Id}/start`, { Tty: true })).body.trim();
}

test('a running container has no limit of processes any more when its update says so', async () => {
  const id = await create({ PidsLimit: 50 });
  await api('POST', `/containers/${id}/start`);
  const limit = () => printed(id, 'cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null');
  assert.is(await limit(), '50');
  for (const [PidsLimit, expected] of [
    [null, '50'],
    [0, 'max'],
    [60, '60'],
    [-1, 'max'],
  ] as const) {
    assert.is((await api('POST', `/containers/${id}/update`, { PidsLimit })).status, 200);
    assert.is(await limit(), expected, `after ${PidsLimit}`);
  }
  await remove(id);
});

test('a start with a body is refused, before anything else is looked at', async () => {
  const words = 'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24';
  const start = async (ref: string, body: string, headers: Record<string, string> = {}) => {
    const answer = await api('POST', `/containers/${ref}/start`, body, {
      ...(headers['Transfer-Encoding'] === undefined && { 'Content-Length': String(body.length) }),
      ...headers,
    });
    return answer.body ? `${answer.status} ${(JSON.parse(answer.body) as { message: string }).message}` : answer.status;
  };
  const id = await create({});
  assert.is(await start(id, '{"aa":1}'), `400 ${words}`);
  assert.is(await start(id, '12345678'), `400 ${words}`);
  assert.is(await start(id, '{}', { 'Transfer-Encoding': 'chunked' }), `400 ${words}`);
  assert.is(await start('nope', '{"PortBindings":{}}'), `400 ${words}`);
  for (const body of ['{}', 'null', '{"a":1}', '       ']) {
    assert.is(await start(id, body), 204, body);
    await api('POST', `/containers/${id}/kill`);
    await api('POST', `/containers/${id}/wait`);
  }
  await remove(id);
});

test('a rename says that it is the new name that is wrong', async () => {
  const [id, other] = [await create({}), await create({})];
  await api('POST', `/containers/${other}/rename?name=taken`);
  const rename = async (name: string) => {
    const { status, body } = await api('POST', `/containers/${id}/rename?name=${name}`);
    return `${status} ${body && (JSON.parse(body) as { message: string }).message.replaceAll(other, 'OTHER')}`.trim();
  };
  const invalid = (name: string) =>
    `400 Error when allocating new name: Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`;
  assert.is(await rename('a%20b'), invalid('/a b'));
  assert.is(await rename('/'), invalid('/'));
  assert.is(
    await rename('taken'),
    '409 Error when allocating new name: Conflict. The container name "/taken" is already in use by container "OTHER". ' +
      'You have to remove (or rename) that container to be able to reuse that name.',
  );
  assert.is(await rename(''), '400 Neither old nor new names may be empty');
  assert.is(await rename('/with-slash'), '204');
  for (const one of [id, other]) await remove(one);
});

test.run();
