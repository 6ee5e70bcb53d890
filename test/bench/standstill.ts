/**
 * How long the daemon stops answering during operations on large images and containers, and how much memory it needs,
 * at the full sizes. It prints figures and asserts nothing.
 */
import { missing } from '../harness.ts';
import { Daemon } from '../e2e/daemon.ts';
import { preparedImages } from '../e2e/image.ts';
import { cachedRegistry } from '../e2e/registry.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { standstills } from '../e2e/standstill.ts';

const lacks = missing(...needs);
if (lacks) throw new Error(`the bench ${lacks}`);
await ownRoom(preparedImages);

const GOALS = { ping: 100, resident: 250 };
const registry = await cachedRegistry();
const daemon = await new Daemon(['--registry-mirror', `http://${registry.host}`]).start();
try {
  await daemon.ok('pull', '-q', 'tiny');
  console.log(
    `| 500,000 files, a log of 1.5 GB | longest ping | resident | took | reached (≤ ${GOALS.ping} ms, ≤ ${GOALS.resident} MiB) |\n| --- | --: | --: | --: | --- |`,
  );
  for (const { what, ping, resident, took } of await standstills(daemon, {
    files: 500_000,
    log: 1_500_000_000,
    seconds: 20,
  })) {
    console.log(
      `| ${what} | ${ping.toFixed(0)} ms | ${resident.toFixed(0)} MiB | ${(took / 1000).toFixed(1)} s | ${ping <= GOALS.ping && resident <= GOALS.resident ? 'yes' : 'no'} |`,
    );
  }
} finally {
  await daemon.close();
  await registry.close();
}
