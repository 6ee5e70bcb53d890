/** Runs inside the virtual machine: starts a daemon, runs every check, and reports to the host on the console. */
import { client, daemonLog, endDaemon, startDaemon } from './daemon.ts';
import { type Check, layout } from './check.ts';
import { devices } from './devices.ts';
import { serveImages } from './images.ts';
import { life } from './life.ts';
import { limits } from './limits.ts';
import { lessonChecks, lessonsAsked } from './lessons.ts';
import { leftovers, nothingLeft } from './leftovers.ts';
import { page } from './page.ts';
import { roots } from './roots.ts';
import { endLine, resultLine } from '../report.ts';

const PATIENCE_S = 120;

async function check({ name, run, seconds = PATIENCE_S, log }: Check): Promise<void> {
  const begun = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>(
    (_, reject) => (timer = setTimeout(() => reject(new Error(`not done within ${seconds} s`)), seconds * 1000)),
  );
  const error = await Promise.race([run(), late]).then(
    () => undefined,
    (e: unknown) => `${e instanceof Error ? e.stack : String(e)}\ndaemon: ${daemonLog(log)}`,
  );
  clearTimeout(timer);
  process.stdout.write(resultLine({ name, ms: Date.now() - begun, ...(error && { error }) }));
}

async function containers(): Promise<void> {
  const begun: Check[] = [
    { name: `the machine has cgroup v${layout.version}`, run: async () => layout.expectKernel() },
    { name: 'the daemon starts', run: async () => startDaemon(await serveImages(layout.version === 2)) },
    {
      name: 'it pulls an image',
      run: async () => {
        for await (const _line of client.lines('POST', '/images/create', {
          query: { fromImage: 'tiny', tag: 'latest' },
        }));
      },
    },
  ];
  for (const one of begun) await check(one);
  const before = leftovers();
  // The checks of roots do not depend on the cgroup version; version 1 of the page is tested by test/watch and
  // test/web.
  for (const one of [...limits, ...devices, ...life, ...(layout.version === 2 ? [...page, ...roots] : [])])
    await check(one);
  await check({ name: 'nothing is left of all these containers', run: () => nothingLeft(before) });
  await check({
    name: 'the daemon ends and takes bridge, rules and parent group along',
    run: async () => {
      await endDaemon('SIGTERM');
      await nothingLeft(undefined);
    },
  });
}

const lessons = lessonsAsked();
if (lessons) for (const one of lessonChecks(lessons)) await check(one);
else await containers();
process.stdout.write(endLine);
