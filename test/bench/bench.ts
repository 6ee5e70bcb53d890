/**
 * `npm run bench [ROUNDS]`: measures Drydock beside the other installed runtimes, in one run, one sample of each in
 * turn. Data roots are in /dev/shm; everything happens in new network, mount and pid namespaces. It prints figures and
 * asserts nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { missing } from '../harness.ts';
import { Daemon } from '../e2e/daemon.ts';
import { preparedImages } from '../e2e/image.ts';
import { cachedRegistry } from '../e2e/registry.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { Dockerd, installed, Podman, version } from './peers.ts';
import { recordingCost } from './recording.ts';
import { type Bench, crowd, lowLevel, pulls, type Row, runBridge, runNone, shimMemory, startTimes } from './rows.ts';
import { dearest, table } from './table.ts';

const RESULT = 'dist/bench/result.json';
const lacks = missing(...needs);
if (lacks) throw new Error(`the bench ${lacks}`);
await ownRoom(preparedImages);

const rounds = Number(process.argv[2] ?? 20);
const registry = await cachedRegistry();
const mirror = `http://${registry.host}`;
const daemon = await new Daemon(['--registry-mirror', mirror]).start();
const dockerd = installed('dockerd') ? await new Dockerd().start(mirror) : undefined;
const podman = installed('podman') ? await new Podman().start(registry.host) : undefined;
try {
  await daemon.ok('pull', '-q', 'ubuntu');
  await dockerd?.docker('pull', '-q', 'ubuntu');
  const bench: Bench = { daemon, dockerd, podman, rounds, starts: rounds * 10, crowd: rounds * 10 };
  const { rows: startRows, starts } = await startTimes(bench);
  const rows: Row[] = [
    await runBridge(bench),
    await runNone(bench),
    ...startRows,
    await recordingCost(mirror, rounds * 50),
    await pulls(bench),
    await shimMemory(bench),
    await lowLevel(bench),
    ...(await crowd(bench)),
  ];
  const peers = ['dockerd', 'podman', 'runc', 'crun'].filter(installed).map(version);
  const where = { steps: dearest(starts, 'steps'), calls: dearest(starts, 'calls'), asked: dearest(starts, 'asked') };
  mkdirSync('dist/bench', { recursive: true });
  writeFileSync(RESULT, JSON.stringify({ processors: cpus().length, peers, rounds, rows, where }, null, 2));
  console.log(
    `${table(rows)}\n\n${cpus().length} processors; beside it: ${peers.join('; ') || 'nothing is installed'}. Medians; as JSON in ${RESULT}`,
  );
  for (const [kind, list] of Object.entries(where))
    console.log(
      `\nwhere the time of a start goes, ${kind}: ${list.map(([name, value]) => `${name} ${kind === 'asked' ? value : `${value.toFixed(2)} ms`}`).join(', ')}`,
    );
} finally {
  await podman?.stop();
  await dockerd?.stop();
  await daemon.close();
  await registry.close();
}
