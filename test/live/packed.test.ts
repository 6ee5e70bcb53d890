import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Site } from './visitor.ts';

const test = suite('the files of the page, packed');
const plain = 'export const words = 1;\n'.repeat(100);
const small = gzipSync(plain);
let site: Site;
let assets: string;
test.before(async () => {
  site = await new Site().open();
  assets = join(site.dir, 'web', 'assets');
  mkdirSync(assets);
  writeFileSync(join(assets, 'page-1a2b.js'), plain);
  writeFileSync(join(assets, 'page-1a2b.js.gz'), small);
  writeFileSync(join(assets, 'tiny-3c4d.js'), 'export {};');
});
test.after(() => site.close());
const get = (name: string, encoding = '', cookie = site.cookie) =>
  site.get(`/assets/${name}`, { Cookie: cookie, ...(encoding && { 'Accept-Encoding': encoding }) });

test('a browser that takes gzip gets it, for good, and again when the file has gone from the disk', async () => {
  for (const _ of [1, 2]) {
    const { status, headers } = await get('page-1a2b.js', 'gzip, br');
    assert.equal(
      [status, headers['content-encoding'], headers['content-length'], headers.vary],
      [200, 'gzip', String(small.length), 'Accept-Encoding'],
    );
    assert.match(headers['content-type']!, /javascript/);
    assert.match(headers['cache-control']!, /max-age=31536000.*immutable/);
    rmSync(join(assets, 'page-1a2b.js.gz'), { force: true });
  }
});

test('one that does not gets it as it is, and so does everybody what is not packed', async () => {
  const asItIs = await get('page-1a2b.js');
  assert.equal([asItIs.status, asItIs.headers['content-encoding'], asItIs.body], [200, undefined, plain]);
  assert.is((await get('tiny-3c4d.js', 'gzip')).body, 'export {};');
  assert.is((await get('nothing-5e6f.js', 'gzip')).status, 404);
});

test('without the cookie there is nothing, also of what is kept', async () => {
  assert.is((await get('page-1a2b.js', 'gzip', '')).status, 401);
});

test.run();
