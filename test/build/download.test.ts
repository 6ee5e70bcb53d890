/** ADD of a URL. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { download } from '../../runtime/build/files/download.ts';
import { quietKernel } from '../../runtime/operation/create-run.ts';
import { suite } from '../harness.ts';

const test = suite('ADD of a URL');

test('a server that never ends its answer is given up after the limit, and a client that goes away before', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'download-'));
  const server = createServer((_request, response) => void response.write('a'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
  const words = (cause: Error): string => cause.message;
  try {
    const late = await download(quietKernel({}), url, join(dir, '1'), new AbortController().signal, 200).catch(words);
    assert.is(late, `ADD failed: ${url} was not there after 0.2 s`);
    const gone = AbortSignal.abort(new Error('the client has gone'));
    const left = await download(quietKernel({}), url, join(dir, '2'), gone, 60_000).catch(words);
    assert.match(String(left), 'the client has gone');
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true });
  }
});

test.run();
