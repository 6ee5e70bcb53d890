/** docker search: at an index of this test, and at a registry that has none. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { site } from './site.ts';

const s = await site('docker search', { images: [] });
const asked: string[] = [];
let index: Server;
let host: string;

s.test.before(async () => {
  const row = { description: 'd', is_automated: false };
  const results = [
    { ...row, name: 'one', star_count: 7, is_official: true },
    { name: 'two', star_count: 3, is_official: false },
  ];
  index = createServer((req, res) => {
    asked.push(req.url!);
    res.setHeader('Content-Type', 'application/json').end(JSON.stringify({ num_results: 2, results }));
  });
  await new Promise<void>((resolve) => index.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(index.address() as AddressInfo).port}`;
});
s.test.after(() => void index.close());

s.test('the term and the limit reach the index, and filters select from its answer', async () => {
  const rows = ['--format', '{{.Name}} {{.StarCount}} {{.IsOfficial}}'];
  assert.is(await s.daemon.dockerOk('search', ...rows, '--limit', '7', `${host}/some words`), 'one 7 [OK]\ntwo 3');
  assert.ok(asked.includes('/v1/search?q=some+words&n=7'), asked.join(' '));
  assert.is(await s.daemon.dockerOk('search', ...rows, '--filter', 'stars=4', `${host}/x`), 'one 7 [OK]');
  assert.is(await s.daemon.dockerOk('search', ...rows, '--filter', 'is-official=false', `${host}/x`), 'two 3');
  assert.match(
    await s.daemon.dockerRefused('search', '--limit', '101', `${host}/x`),
    /outside the range of \[1, 100\]/,
  );
});

s.test('a registry without an index is an error that names it', async () => {
  const words = await s.daemon.dockerRefused('search', `${s.registry.host}/x`);
  assert.match(words, `${s.registry.host} answered the search with status 404: this registry has no search`);
});

s.test.run();
