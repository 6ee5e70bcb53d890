/**
 * Measures the cost of the journal and the gate: starts with both and with neither, in turn, with the runtime in this
 * process. The variance of a start is ten times their cost, so it takes a thousand pairs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { ImageStore } from '../../runtime/image/store/store.ts';
import type { Journal } from '../../runtime/journal/journal.ts';
import { LinuxKernel } from '../../runtime/kernel/linux/linux.ts';
import type { Gate } from '../../runtime/operation/gate.ts';
import { Runtime } from '../../runtime/engine/runtime.ts';
import type { Supervisor } from '../../runtime/engine/supervisor.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { startRegistry } from '../../server/registry/registry.ts';
import { figure, timed } from './measure.ts';
import type { Row } from './rows.ts';

/** Disables the observers: no call is reported, no event is made or written, and the gate is not asked. */
function silence(container: Supervisor): void {
  const { run, log } = container.life as unknown as { run: { kernel: LinuxKernel; gate: Gate }; log: Journal };
  run.kernel = new LinuxKernel();
  Object.assign(run.gate, { beforeStep: () => undefined, beforeCall: () => undefined, holds: () => false });
  Object.assign(log, { append: () => undefined, flush: () => undefined });
}

async function startMs(runtime: Runtime, silent: boolean): Promise<number> {
  const container = await runtime.create({ Image: 'ubuntu', Cmd: ['true'], HostConfig: {} }, {});
  if (silent) silence(container);
  const over = container.wait('next-exit');
  const ms = await timed(() => container.start());
  await over;
  await container.remove({ force: true });
  return ms;
}

export async function recordingCost(mirror: string, starts: number): Promise<Row> {
  const root = mkdtempSync('/dev/shm/ddb-rec-');
  const settings = {
    root,
    execRoot: `${root}/run`,
    listen: [{ unix: `${root}/none` }],
    bridge: 'ddbrec0',
    cgroupParent: '/ddbrec',
    registryMirrors: [mirror],
    insecureRegistries: [],
    practice: false,
    dns: [],
    idle: 0,
  };
  const runtime = await Runtime.open(settings, overlay2, (inUse) => new ImageStore({ root, inUse, startRegistry }));
  try {
    await runtime.pull({ reference: 'ubuntu', progress: () => undefined });
    const [heard, silent]: [number[], number[]] = [[], []];
    for (let j = -40; j < starts; j++) {
      // Each pair in the opposite order of the one before, so that neither always comes first.
      const pair =
        j % 2
          ? [await startMs(runtime, false), await startMs(runtime, true)]
          : [await startMs(runtime, true), await startMs(runtime, false)].reverse();
      if (j < 0) continue;
      heard.push(pair[0]!);
      silent.push(pair[1]!);
    }
    const cost = figure(heard.map((ms, j) => ms - silent[j]!));
    const share = cost.median / figure(heard).median;
    return {
      what: `journal and gate of one start, nobody watching: ${starts} pairs of starts with both and with neither`,
      unit: 'ms',
      figures: { drydock: cost },
      goal: `≤ 3 % of a start (${(share * 100).toFixed(1)} % of ${figure(heard).median.toFixed(1)} ms)`,
      reached: share <= 0.03,
    };
  } finally {
    await runtime.close();
    rmSync(root, { recursive: true, force: true });
  }
}
