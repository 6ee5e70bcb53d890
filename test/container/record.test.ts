import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as assert from 'uvu/assert';
import * as records from '../../runtime/container/record.ts';
import {
  newDirectory,
  noteStart,
  removeDirectory,
  saveRecord,
  type ContainerRecord,
} from '../../runtime/container/record.ts';
import { Aside } from '../../runtime/data-root/set-aside.ts';
import type { Settings } from '../../runtime/data-root/settings.ts';
import { suite } from '../harness.ts';

const test = suite('what a daemon keeps of a container');
const work = mkdtempSync('/tmp/ddtest-record-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;
const fresh = () => ({ root: `${work}/${++count}` }) as Settings;
const loadRecords = (settings: Settings, reports: string[] = []) =>
  records.loadRecords(settings, new Aside(settings.root, (text) => reports.push(text)));
const record = (id: string, created = 1): ContainerRecord => ({
  id,
  name: `name-${id}`,
  created,
  request: { Image: 'x', HostConfig: {} },
  endpoints: [{ driver: 'none', network: 'none', endpointID: '' }],
  machine: 'exited',
  error: '',
  runs: 1,
  pid: 0,
  exitCode: 3,
  oomKilled: false,
  startedAt: 5,
  finishedAt: 6,
  restartCount: 0,
  stopped: false,
  warnings: [],
});
function saved(settings: Settings, ...records: ContainerRecord[]): string[] {
  for (const one of records) {
    newDirectory(settings, one);
    saveRecord(settings, one);
  }
  return records.map(({ id }) => `${settings.root}/containers/${id}/container.json`);
}

test('what was saved is loaded, the oldest first', () => {
  const settings = fresh();
  saved(settings, record('b', 2), record('a', 3), record('c', 1));
  assert.equal(loadRecords(settings), [record('c', 1), record('b', 2), record('a', 3)]);
});

test('a data root without containers has none', () => assert.equal(loadRecords(fresh()), []));

test('the record is for root only, and replaced whole', () => {
  const settings = fresh();
  const [file = ''] = saved(settings, record('a'));
  saveRecord(settings, { ...record('a'), exitCode: 9 });
  assert.equal(
    [statSync(file).mode & 0o777, readdirSync(`${settings.root}/containers/a`)],
    [0o600, ['container.json']],
  );
  assert.is(loadRecords(settings)[0]?.exitCode, 9);
});

test('a record that a dying daemon was writing does not spoil the one before', () => {
  const settings = fresh();
  const [file = ''] = saved(settings, record('a'));
  writeFileSync(`${file}.partial`, readFileSync(file).subarray(0, 20));
  assert.equal(loadRecords(settings), [record('a')]);
});

test('of a start that nothing was recorded of after it, the next daemon knows that it had begun', () => {
  const settings = fresh();
  saved(settings, { ...record('a'), stopped: true });
  noteStart(settings, { ...record('a'), runs: 2 });
  assert.equal(loadRecords(settings), [{ ...record('a'), machine: 'pulling', runs: 2 }]);
  saveRecord(settings, { ...record('a'), machine: 'running', runs: 2 });
  assert.equal(loadRecords(settings), [{ ...record('a'), machine: 'running', runs: 2 }]);
  assert.equal(readdirSync(`${settings.root}/containers/a`), ['container.json']);
});

test('a note of a start that the record has overtaken says nothing, and one that a power cut emptied is a start', () => {
  const settings = fresh();
  saved(settings, record('a'), record('b', 2));
  noteStart(settings, record('a'));
  writeFileSync(`${settings.root}/containers/b/starting`, '');
  assert.equal(loadRecords(settings), [record('a'), { ...record('b', 2), machine: 'pulling', runs: 2 }]);
});

test('a record of version 0.2, with a network that has a mode, is read as a list of endpoints', () => {
  const settings = fresh();
  const [file = ''] = saved(settings, record('a'), record('b', 2), record('c', 3));
  const { endpoints: _, ...rest } = record('a');
  const networks = [
    { mode: 'bridge', name: 'bridge', endpointID: 'e', hostLink: 'veth0123456789a', address: '172.30.0.2', prefix: 16 },
    { mode: 'container', name: 'container:web', endpointID: 'f', hostLink: 'veth0', container: 'x', hostname: 'web' },
    { mode: 'host', name: 'host', endpointID: 'g', hostLink: '' },
  ];
  for (const [j, network] of networks.entries()) {
    const id = 'abc'[j]!;
    writeFileSync(file.replace('/a/', `/${id}/`), JSON.stringify({ ...rest, id, created: j, network }));
  }
  assert.equal(
    loadRecords(settings).map(({ endpoints }) => endpoints),
    [
      [
        {
          driver: 'bridge',
          network: 'bridge',
          endpointID: 'e',
          ifname: 'eth0',
          hostLink: 'veth0123456789a',
          address: '172.30.0.2',
          prefix: 16,
        },
      ],
      [{ driver: 'container', network: 'container:web', endpointID: 'f', container: 'x', hostname: 'web' }],
      [{ driver: 'host', network: 'host', endpointID: 'g' }],
    ],
  );
  writeFileSync(file, JSON.stringify({ ...rest, network: { ...networks[0], hostLink: 'eth0' } }));
  assert.is(loadRecords(settings).length, 2, "a link of the host's is no endpoint's in an old record either");
});

const changed = (change: object) => (file: string) =>
  writeFileSync(file, JSON.stringify({ ...record('a'), ...change }));
for (const [name, spoil] of [
  ['a torn record', (file: string) => truncateSync(file, 20)],
  ['an empty record', (file: string) => truncateSync(file, 0)],
  ['the record of another', changed({ id: 'z' })],
  ['a record that is no object', (file: string) => writeFileSync(file, 'null')],
  ['binary bytes for a record', (file: string) => writeFileSync(file, Buffer.from([0xff, 0, 0xfe, 0x80]))],
  ['a directory for a record', (file: string) => (rmSync(file), mkdirSync(file))],
  ['a link to another record', (file: string) => (rmSync(file), symlinkSync('../b/container.json', file))],
  ['a number for a name', changed({ name: 7 })],
  ['a list for its request', changed({ request: [] })],
  ['no HostConfig', changed({ request: { Image: 'x' } })],
  ['an unknown state', changed({ machine: 'floating' })],
  ['an unknown network', changed({ endpoints: [{ driver: 'token-ring', network: 'x', endpointID: '' }] })],
  ['a network that lies elsewhere', changed({ endpoints: [{ driver: 'bridge', network: '../x', endpointID: '' }] })],
  ['no endpoints', changed({ endpoints: undefined })],
  [
    "a link of the host's",
    changed({ endpoints: [{ driver: 'bridge', network: 'bridge', endpointID: '', hostLink: 'eth0' }] }),
  ],
  ['a text for what could not be undone', changed({ left: 'all' })],
] as const) {
  test(`a directory with ${name} is set aside and reported, and the others stay`, () => {
    const settings = fresh();
    const [file = ''] = saved(settings, record('a'), record('b', 2));
    mkdirSync(`${settings.root}/containers/a/upper`);
    spoil(file);
    const reports: string[] = [];
    assert.equal(
      loadRecords(settings, reports).map(({ id }) => id),
      ['b'],
    );
    assert.equal(readdirSync(`${settings.root}/containers`), ['b']);
    const [moved = ''] = readdirSync(`${settings.root}/unreadable`);
    assert.ok(existsSync(`${settings.root}/unreadable/${moved}/upper`), 'its rw layer is kept');
    assert.equal(
      [reports.length, reports[0]?.includes(`${settings.root}/containers/a`), reports[0]?.endsWith(moved)],
      [1, true, true],
    );
  });
}

test('a directory without a record goes: a create or an rm was cut off', async () => {
  const settings = fresh();
  const [file = ''] = saved(settings, record('a'), record('b', 2));
  mkdirSync(`${settings.root}/containers/a/upper`);
  rmSync(file);
  const reports: string[] = [];
  assert.equal(
    loadRecords(settings, reports).map(({ id }) => id),
    ['b'],
  );
  for (let n = 0; n < 100 && readdirSync(`${settings.root}/containers`).length > 1; n++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(
    [readdirSync(`${settings.root}/containers`), existsSync(`${settings.root}/unreadable`), reports],
    [['b'], false, []],
  );
});

test('what is no container is set aside and not deleted', () => {
  const settings = fresh();
  saved(settings, record('b', 2));
  writeFileSync(`${settings.root}/containers/notes`, 'mine');
  mkdirSync(`${settings.root}/containers/backup/photos`, { recursive: true });
  assert.equal(
    loadRecords(settings).map(({ id }) => id),
    ['b'],
  );
  const moved = readdirSync(`${settings.root}/unreadable`)
    .map((name) => name.replace(/.*-/, ''))
    .sort();
  assert.equal([readdirSync(`${settings.root}/containers`), moved], [['b'], ['backup', 'notes']]);
});

test('a removed directory is gone with all that was in it, and twice is fine', async () => {
  const settings = fresh();
  saved(settings, record('a'));
  mkdirSync(`${settings.root}/containers/a/upper/x`, { recursive: true });
  await removeDirectory(settings, 'a');
  await removeDirectory(settings, 'a');
  assert.not.ok(existsSync(`${settings.root}/containers/a`));
});

test.run();
