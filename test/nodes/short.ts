/** The most common actions, on the Node that runs this: the short suite (test/nodes/on-node.ts). */
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadCourse } from '../../lessons/load.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { Screen } from '../cli/screen.ts';
import { clients } from '../e2e/daemon.ts';
import { site } from '../e2e/site.ts';
import { faultyRegistry } from '../image/faulty-registry.ts';
import { sample } from '../image/sample.ts';
import { prepare, prove } from '../lessons/proof.ts';
import { Visit, needs as browserNeeds } from '../web/browser.ts';
import { until } from '../until.ts';

const s = await site(`the short suite on Node ${process.versions.node}`, { also: ['tmux', ...browserNeeds] });
const d = () => s.daemon;

s.test('daemon and command line run on the Node that was asked for', async () => {
  assert.is(
    process.versions.node.split('.')[0],
    process.env['DRYDOCK_TEST_NODE'] ?? process.versions.node.split('.')[0],
  );
  assert.is(readlinkSync(`/proc/${d().pid}/exe`), process.execPath);
});

for (const client of clients) {
  s.test(`${client} run -it is a shell, and its exit code comes back`, async () => {
    const screen = new Screen({ ...d().env, PS1: 'outside> ' });
    try {
      screen.command(`${d().commandLine(client)} run -it --rm ubuntu /bin/bash; echo code $?`);
      await screen.see(/root@[0-9a-f]{12}:\S*# *$/);
      screen.command('tty; exit 42');
      assert.match(await screen.see(/code 42/), /\/dev\/(console|pts\/0)/);
    } finally {
      screen.close();
    }
  });

  s.test(`${client} exec -i hands its input in, and output and code come back`, async () => {
    await d().ok('run', '-d', '--name', 'open', 'ubuntu', 'sleep', '1000');
    const input = `${'x'.repeat(100_000)}\nlast\n`;
    const ran = await d().client(client, ['exec', '-i', 'open', 'sh', '-c', 'cat; echo told >&2; exit 7'], { input });
    assert.equal(ran, { code: 7, signal: null, out: input, err: 'told\n' });
    await d().ok('rm', '-f', 'open');
  });

  s.test(`${client} attach sees what comes, and ends with the container's code`, async () => {
    await d().ok('run', '-d', '-i', '--name', 'asks', 'ubuntu', 'bash', '-c', 'read word; echo "got $word"; exit 8');
    const attached = d().begin(client, 'attach', 'asks');
    attached.input.write('it\n');
    const { code, out } = await attached.done;
    assert.equal([code, out], [8, 'got it\n']);
    await d().ok('rm', 'asks');
  });

  s.test(`${client} logs -f shows what was, what comes, and ends with the container`, async () => {
    await d().ok(
      'run',
      '-d',
      '-i',
      '--name',
      'writes',
      'ubuntu',
      'bash',
      '-c',
      'echo one; read word; echo two; echo three >&2',
    );
    const following = d().begin(client, 'logs', '-f', 'writes');
    await until('the first line is shown', () => following.ran.out === 'one\n');
    const go = d().begin(client, 'attach', 'writes');
    go.input.write('go\n');
    await go.done;
    assert.equal(await following.done, { code: 0, signal: null, out: 'one\ntwo\n', err: 'three\n' });
    await d().ok('rm', 'writes');
  });
}

s.test('a pull goes on where its connection was cut', async () => {
  const image = sample([[{ name: 'big', content: randomBytes(3_000_000) }]]);
  const [big] = image.layers;
  const bytes = image.blobs.get(big!)!;
  let cuts = 0;
  const registry = await faultyRegistry(image, (req, res, path) => {
    if (!path.endsWith(big!) || req.headers.range || cuts++) return false;
    res.writeHead(200, { 'Content-Length': bytes.length });
    res.write(bytes.subarray(0, 1_000_000), () => res.destroy());
    return true;
  });
  try {
    const pulled = await d().cli('pull', `${registry.host}/cut`);
    assert.is(pulled.code, 0, pulled.err);
    const asked = registry.requests.filter((line) => line.includes(big!));
    assert.is(asked.length, 2, asked.join());
    assert.match(asked[1]!, / bytes=\d+-$/);
    await d().ok('rmi', `${registry.host}/cut`);
  } finally {
    await registry.close();
  }
});

s.test(
  'the page opens, says what to do first, and complains of nothing; a lesson can be failed and passed',
  async () => {
    const visit = await Visit.open();
    try {
      await visit.page.goto(await visit.address());
      await visit.page.getByText('connected', { exact: true }).waitFor();
      await visit.page.getByRole('button', { name: 'Watch a container being born' }).waitFor();
      assert.equal(visit.complaints, []);
      const before = await prepare(visit.daemon);
      const lesson = loadCourse(join(packageRoot, 'lessons')).lessons.find(({ id }) => id === 'process')!;
      assert.ok((await prove(visit.daemon, lesson, before)).length >= 3);
    } finally {
      await visit.close();
    }
  },
);

s.test.run();
