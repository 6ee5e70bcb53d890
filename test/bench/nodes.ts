/**
 * `npm run bench:nodes [ROUNDS]`: a start and a command on each supported version of Node, one of each in turn. The
 * addon uses Node-API, so one build works for all. It prints figures and asserts nothing.
 */
import { join } from 'node:path';
import { NODE_FLAGS } from '../../runtime/cli/client/autostart.ts';
import { Daemon, drydock } from '../e2e/daemon.ts';
import { preparedImages } from '../e2e/image.ts';
import { run } from '../e2e/ran.ts';
import { cachedRegistry } from '../e2e/registry.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { missing } from '../harness.ts';
import { nodeFolder } from '../nodes/node-folder.ts';
import { type Figure, interleaved, type Sample, timed } from './measure.ts';

const lacks = missing(...needs, 'npm', 'tar');
if (lacks) throw new Error(`the bench ${lacks}`);
await ownRoom(preparedImages);

const rounds = Number(process.argv[2] ?? 100);
const registry = await cachedRegistry();
const versions = new Map<string, Daemon>();

async function start(daemon: Daemon): Promise<void> {
  const request = { Image: 'ubuntu', Cmd: ['true'], HostConfig: { NetworkMode: 'none', AutoRemove: true } };
  const { Id } = JSON.parse((await daemon.api('POST', '/containers/create', request)).body) as { Id: string };
  const gone = daemon.api('POST', `/containers/${Id}/wait?condition=removed`);
  const { status, body } = await daemon.api('POST', `/containers/${Id}/start`);
  if (status !== 204) throw new Error(`start: ${status} ${body}`);
  await gone;
}
const command = (daemon: Daemon) => run(daemon.program, [drydock, 'ps'], { env: daemon.env });

try {
  for (const major of [20, 22, 24, 26]) {
    const folder = await nodeFolder(major);
    if (!folder) throw new Error(`node-linux-${process.arch}@${major} cannot be had from the npm registry`);
    const daemon = new Daemon(['--registry-mirror', `http://${registry.host}`], NODE_FLAGS, join(folder, 'bin/node'));
    versions.set((await run(daemon.program, ['--version'])).out.trim(), await daemon.start());
    await daemon.ok('pull', '-q', 'ubuntu');
    for (let warm = 0; warm < 20; warm++) await start(daemon);
  }
  const each = (body: (daemon: Daemon) => Promise<unknown>): Record<string, Sample> =>
    Object.fromEntries([...versions].map(([version, daemon]) => [version, () => timed(() => body(daemon))]));
  const show = (what: string, figures: Record<string, Figure>): void => {
    console.log(`\n${what}`);
    for (const [version, { median, lowest, highest }] of Object.entries(figures))
      console.log(`  ${version.padEnd(10)} ${median.toFixed(1)} ms (${lowest.toFixed(1)} to ${highest.toFixed(1)})`);
  };
  show(
    `create, start, wait, remove over the API, no network: median of ${rounds}`,
    await interleaved(rounds, each(start)),
  );
  show(`drydock ps: median of ${rounds}`, await interleaved(rounds, each(command)));
} finally {
  for (const daemon of versions.values()) await daemon.close();
  await registry.close();
}
