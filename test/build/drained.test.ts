import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { drained } from '../../runtime/kernel/drained.ts';
import { suite } from '../harness.ts';

const test = suite('waiting until a stream takes more');

async function pair(): Promise<{ out: Socket; peer: Socket; close(): void }> {
  const dir = mkdtempSync(join(tmpdir(), 'drained-'));
  const server = createServer({ pauseOnConnect: true }).listen(join(dir, 's'));
  await once(server, 'listening');
  const out = connect(join(dir, 's'));
  const [peer] = (await once(server, 'connection')) as [Socket];
  out.on('error', () => undefined);
  return {
    out,
    peer,
    close() {
      out.destroy();
      peer.destroy();
      server.close();
      rmSync(dir, { recursive: true });
    },
  };
}

test('no listener stays behind, however often a slow reader was awaited', async () => {
  const { out, peer, close } = await pair();
  try {
    const count = () => ['drain', 'close', 'error'].map((name) => out.listenerCount(name));
    const before = count();
    peer.resume();
    let waited = 0;
    while (waited < 20) {
      if (out.write(Buffer.alloc(1 << 20))) continue;
      await drained(out);
      waited++;
    }
    assert.equal(count(), before);
  } finally {
    close();
  }
});

test('a stream that is closed, before or meanwhile, is not waited for', async () => {
  const { out, close } = await pair();
  try {
    while (out.write(Buffer.alloc(1 << 20)));
    const waiting = drained(out);
    out.destroy();
    await waiting;
    await drained(out);
    assert.is(out.listenerCount('drain'), 0);
  } finally {
    close();
  }
});

test.run();
