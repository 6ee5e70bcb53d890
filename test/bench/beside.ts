/** Drydock and, if it is installed, dockerd: side by side, driven by the same client. */
import { missing } from '../harness.ts';
import { Daemon } from '../e2e/daemon.ts';
import { preparedImages } from '../e2e/image.ts';
import type { Ran } from '../e2e/ran.ts';
import { cachedRegistry } from '../e2e/registry.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import type { DebianRegistry } from '../image/debian-registry.ts';
import { type Figure, figure } from './measure.ts';
import { Dockerd, installed, version } from './peers.ts';
import type { Row } from './rows.ts';
import { table } from './table.ts';

export interface Side {
  name: 'drydock' | 'dockerd';
  /** docker's client; throws if the command fails */
  docker(...args: string[]): Promise<string>;
  ran(...args: string[]): Promise<Ran>;
  env: Record<string, string>;
  /** resident memory of the daemon in MiB; undefined for dockerd, whose work is in several processes */
  daemon: Daemon | undefined;
}

/** A ratio to the peer's median, or `least` times it for what should be large. */
export function compared(
  what: string,
  unit: string,
  figures: Record<string, Figure>,
  goal: { most: number } | { least: number },
): Row {
  const [own, other] = [figures['drydock']!, figures['dockerd']];
  const ratio = other && own.median / other.median;
  const [text, reached] =
    'most' in goal
      ? [`≤ ${goal.most} of dockerd`, ratio !== undefined && ratio <= goal.most]
      : [`≥ ${goal.least} × dockerd`, ratio !== undefined && ratio >= goal.least];
  return { what, unit, goal: text, figures, peer: 'dockerd', ...(ratio !== undefined && { reached }) };
}

/** One sample of each side in turn; the sides' order alternates, and the first round is not counted. */
export async function inTurn(
  rounds: number,
  sides: readonly Side[],
  sample: (side: Side) => Promise<number>,
): Promise<Record<string, Figure>> {
  const values = new Map(sides.map((side) => [side.name as string, [] as number[]]));
  for (let round = -1; round < rounds; round++)
    for (const side of round % 2 ? sides : [...sides].reverse()) {
      const value = await sample(side);
      if (round >= 0) values.get(side.name)!.push(value);
    }
  return Object.fromEntries([...values].map(([name, all]) => [name, figure(all)]));
}

/** Runs the measurements in namespaces of their own, with both daemons and a registry, and prints the table. */
export async function besideDockerd(
  measure: (sides: Side[], registry: DebianRegistry) => AsyncGenerator<Row>,
  images: readonly string[] = ['ubuntu'],
): Promise<void> {
  const lacks = missing(...needs);
  if (lacks) throw new Error(`the bench ${lacks}`);
  await ownRoom(preparedImages);
  const registry = await cachedRegistry();
  const mirror = `http://${registry.host}`;
  const daemon = await new Daemon(['--registry-mirror', mirror]).start();
  const dockerd = installed('dockerd') ? await new Dockerd().start(mirror) : undefined;
  const side = (name: Side['name'], env: Record<string, string>, ran: Side['ran']): Side => ({
    name,
    env,
    ran,
    daemon: name === 'drydock' ? daemon : undefined,
    docker: async (...args) => {
      const { code, out, err } = await ran(...args);
      if (code !== 0) throw new Error(`${name}: docker ${args.join(' ')}: code ${code}\n${err}${out}`);
      return out.trimEnd();
    },
  });
  const sides = [side('drydock', daemon.env, (...args) => daemon.docker(...args))];
  if (dockerd) sides.push(side('dockerd', dockerd.env, (...args) => dockerd.docker(...args)));
  try {
    for (const one of sides) for (const image of images) await one.docker('pull', '-q', image);
    const rows: Row[] = [];
    for await (const row of measure(sides, registry)) {
      console.error(table([row]).split('\n').at(-1));
      rows.push(row);
    }
    console.log(`${table(rows)}\n\nbeside it: ${dockerd ? version('dockerd') : 'no dockerd is installed'}. Medians.`);
  } finally {
    await dockerd?.stop();
    await daemon.close();
    await registry.close();
  }
}
