import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Daemon } from './daemon.ts';
import { preparedImages } from './image.ts';
import { cachedRegistry } from './registry.ts';
import { needs, ownRoom } from './room.ts';
import { standstills } from './standstill.ts';

await ownRoom(preparedImages);
const test = suite('what an image or a container makes large', ...needs);

/**
 * The goals are 100 ms and 250 MiB at five times these sizes (`npm run bench`). The limits here are higher: for
 * the ping because other tests use the processors at the same time, for the memory because it depends on when the
 * garbage is collected. Seen: 202 to 214 MiB in most runs, 252 in one of five.
 */
const [PING_MS, RESIDENT_MIB] = [400, 280];

test('does not keep the daemon from answering, nor makes it large', async () => {
  const registry = await cachedRegistry();
  const daemon = await new Daemon(['--registry-mirror', `http://${registry.host}`]).start();
  try {
    await daemon.ok('pull', '-q', 'tiny');
    const stood = await standstills(daemon, { files: 100_000, log: 300_000_000, seconds: 4 });
    const lines = stood.map(
      ({ what, ping, resident, took }) =>
        `${what}: longest ping ${ping.toFixed(0)} ms, resident ${resident.toFixed(0)} MiB, ${took.toFixed(0)} ms`,
    );
    console.log(`\n${lines.join('\n')}`);
    assert.equal(
      lines.filter((_, n) => stood[n]!.ping > PING_MS || stood[n]!.resident > RESIDENT_MIB),
      [],
    );
  } finally {
    await daemon.close();
    await registry.close();
  }
});

test.run();
