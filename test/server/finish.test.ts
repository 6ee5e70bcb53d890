/** How the daemon closes an attached connection whose client still sends. */
import { connect, createServer, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import * as assert from 'uvu/assert';
import { finish } from '../../server/docker/containers/streams.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';

const test = suite('the end of an attached connection');

test('a client that goes on sending is not cut off before it has read its output', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'finish-'));
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.write('output');
    finish(socket);
  });
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
  const client = connect({ path: join(dir, 's'), allowHalfOpen: true });
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error)).pause();
  const typing = setInterval(() => client.write('x'), 500);
  try {
    const begun = Date.now();
    // longer than the delay after which a client that sends nothing is cut off
    await until('the delay is over', () => Date.now() - begun > 6_500);
    let output = '';
    client.on('data', (data) => (output += String(data))).resume();
    await until('the output is read', () => output === 'output' || errors.length > 0);
    assert.equal(errors, []);
  } finally {
    clearInterval(typing);
    client.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(dir, { recursive: true });
  }
});

test.run();
