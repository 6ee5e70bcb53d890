/** `docker import`: an image from an archive of files, of a stream and of a URL. */
import * as assert from 'uvu/assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archive, digestOf } from '../image/tarball.ts';
import { until } from '../until.ts';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('imports', { images: ['tiny'] });
const d = () => s.daemon;
const dir = mkdtempSync(join(tmpdir(), 'drydock-import-'));
const at = (name: string) => join(dir, name);
interface Inspected {
  Id: string;
  Comment: string;
  Architecture: string;
  Config: { Cmd: string[]; Env: string[] };
  RootFS: { Layers: string[] };
}
const inspect = (name: string) => d().json<Inspected>(`/images/${name}/json`);
const store = async () => ({
  blobs: readdirSync(join(d().root, 'blobs/sha256')).sort(),
  layers: readdirSync(join(d().root, 'layers')).sort(),
  images: (await d().json<{ Id: string }[]>('/images/json?all=1')).map(({ Id }) => Id).sort(),
});
const root = async () => {
  const { out } = await d().docker('create', 'tiny');
  await d().dockerOk('export', '-o', at('root.tar'), out.trim());
  await d().dockerOk('rm', out.trim());
};

s.test('an exported container becomes an image with one layer, which runs', async () => {
  await root();
  for (const client of clients) {
    const ran = await d().client(client, [
      'import',
      '-c',
      'CMD ["sh","-c","echo imported"]',
      '-c',
      'ENV A=b',
      '-m',
      'why',
      at('root.tar'),
      'flat:1',
    ]);
    assert.match(ran.out, /^sha256:[0-9a-f]{64}\n$/, ran.err);
    const { Id, Comment, Config, RootFS } = await inspect('flat:1');
    assert.equal(
      [Id, Comment, Config.Cmd, Config.Env],
      [ran.out.trim(), 'why', ['sh', '-c', 'echo imported'], ['A=b']],
    );
    assert.equal(RootFS.Layers, [digestOf(readFileSync(at('root.tar')))]);
    assert.is(await d().dockerOk('run', '--rm', 'flat:1'), 'imported');
    await d().dockerOk('rmi', 'flat:1');
  }
});

s.test('a compressed archive of stdin gives the same layer, and --platform is written down', async () => {
  execFileSync('sh', ['-c', `gzip -c ${at('root.tar')} | docker import --platform linux/arm64 - zipped`], {
    env: { ...process.env, ...d().env },
  });
  const { RootFS, Architecture, Comment } = await inspect('zipped');
  assert.equal([RootFS.Layers, Architecture], [[digestOf(readFileSync(at('root.tar')))], 'arm64']);
  assert.is(Comment, 'Imported from -');
  await d().dockerOk('rmi', 'zipped');
});

s.test('an archive is fetched from a URL, and an answer that is none is told', async () => {
  const server = createServer((req, res) => {
    if (req.url === '/root.tar') res.end(readFileSync(at('root.tar')));
    else if (req.url === '/moved') res.writeHead(302, { Location: '/root.tar' }).end();
    else res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ['root.tar', 'moved']) {
    assert.match(await d().dockerOk('import', `${base}/${path}`, 'fetched'), /sha256:[0-9a-f]{64}$/);
    assert.equal((await inspect('fetched')).RootFS.Layers, [digestOf(readFileSync(at('root.tar')))]);
    await d().dockerOk('rmi', 'fetched');
  }
  const before = await store();
  assert.match(await d().dockerRefused('import', `${base}/nope`, 'x'), /failed to GET .*\/nope with status 404/);
  assert.equal(await store(), before);
  server.close();
});

s.test('an empty stream is an image without a file, as in dockerd', async () => {
  writeFileSync(at('empty'), '');
  const id = await d().dockerOk('import', at('empty'), 'nothing-in-it');
  assert.match(id, /^sha256:/);
  assert.equal(await d().dockerOk('image', 'inspect', '-f', '{{len .RootFS.Layers}}', 'nothing-in-it'), '1');
  await d().dockerOk('rmi', 'nothing-in-it');
});

s.test('what is no archive, a wrong change and a wrong name are refused, and nothing stays', async () => {
  const before = await store();
  const refused: [bytes: Buffer, flags: string[], words: RegExp][] = [
    [Buffer.from('plain text\n'.repeat(100)), ['x'], /cannot be unpacked: damaged tar header/],
    [archive({ name: '../../escape', content: 'x' }), ['x'], /climbs out of its root/],
    [archive({ name: 'a' }).subarray(0, 300), ['x'], /cannot be unpacked/],
    [archive({ name: 'a' }), ['-c', 'RUN x', 'x'], /RUN is not a valid change command/],
    [archive({ name: 'a' }), ['UPPER'], /must be lowercase/],
  ];
  for (const [bytes, flags, words] of refused) {
    writeFileSync(at('bad.tar'), bytes);
    const [name, ...rest] = [...flags].reverse();
    assert.match(await d().dockerRefused('import', ...rest.reverse(), at('bad.tar'), name!), words);
    assert.equal(await store(), before, String(words));
  }
});

s.test('an import that is aborted before any of its steps leaves nothing', async () => {
  const before = await store();
  for (const step of ['import.receive', 'import.unpack-layer', 'import.write-image']) {
    const id = await new Promise<string>((resolve, reject) => {
      const path = `/images/create?fromSrc=-&repo=held&break=${step}`;
      request({ socketPath: d().socket, path, method: 'POST', agent: false }, (res) => {
        res.resume().on('error', () => undefined);
        resolve(String(res.headers['drydock-operation']));
      })
        .on('error', reject)
        .end(readFileSync(at('root.tar')));
    });
    await until(`it is held before ${step}`, async () =>
      (await d().api('GET', `/drydock/operations/${id}/journal`)).body.includes('"paused"'),
    );
    assert.is((await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'abort' })).status, 204);
    await until('it has failed', async () => {
      const { state } = await d().json<{ state: string }>(`/drydock/operations/${id}`);
      return state === 'failed';
    });
    assert.equal(await store(), before, step);
  }
});

s.test.run();
