import { sh } from '../harness.ts';
import type { Daemon } from '../e2e/daemon.ts';
import { sameAs } from '../e2e/leftovers.ts';
import { until } from '../until.ts';

/**
 * Kills the daemon while it follows a packet from the container `web` to `target`. Throws unless its rules, in a table
 * of `family` here and in the container, go with it, and everything is as `before` under the next daemon.
 */
export async function killedWhileFollowing(
  d: Daemon,
  before: Record<string, string[]>,
  target: string,
  family: 'ip' | 'ip6',
): Promise<void> {
  await sameAs(before, d);
  const pid = await d.dockerOk('inspect', '-f', '{{.State.Pid}}', 'web');
  const tables = () => ['', `nsenter -n -t ${pid} `].map((where) => sh('sh', '-c', `${where}nft list tables`));
  const following = d.begin('drydock', 'why', 'web', target);
  await until('the rules are there', () => tables().every((text) => text.includes(`table ${family} drydock-why-`)));
  await d.kill9();
  await following.done;
  await until('the rules are gone', () => !tables().some((text) => text.includes('drydock-why-')));
  await d.start();
  const { descriptors: _, processes: __, ...rest } = before;
  await sameAs(rest, d);
}
