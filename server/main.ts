/** Wires the daemon together: settings → runtime → API on the socket; signals and idleness → the end. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { ImageStore } from '../runtime/image/store/store.ts';
import { AT_FDCWD, O } from '../runtime/syscalls/constants.ts';
import { hasCode } from '../runtime/kernel/errors.ts';
import { daemonKernel } from '../runtime/kernel/linux/linux.ts';
import { Runtime } from '../runtime/engine/runtime.ts';
import { Aside } from '../runtime/data-root/set-aside.ts';
import type { Settings } from '../runtime/data-root/settings.ts';
import { chooseDriver, homeOf } from '../runtime/drivers/choose-storage.ts';
import { protectFromOom } from '../runtime/kernel/process/oom-score.ts';
import { packageRoot } from '../runtime/syscalls/native.ts';
import { prepareDataRoot, prepareExecRoot } from './data-root.ts';
import { dockerServers } from './docker/app.ts';
import { Playground } from './live/playground.ts';
import { openLessons } from './lessons/course.ts';
import { recordingOf } from './recording/write.ts';
import { startRegistry } from './registry/registry.ts';
import { takeActivated } from './sockets/activation.ts';
import { listenOn } from './sockets/listen.ts';
import { takeNotify } from './sockets/notify.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Locks the data root with flock(2). The kernel releases the lock when the process ends, however it ends. */
async function lockRoot(settings: Settings): Promise<void> {
  const k = daemonKernel();
  const path = join(settings.root, 'daemon.pid');
  // move away a path that is not a regular file; no daemon can hold a lock on it
  new Aside(settings.root).file(path);
  const fd = await k.daemon.openat(AT_FDCWD, path, O.O_RDWR | O.O_CREAT | O.O_CLOEXEC, 0o600);
  try {
    await k.daemon.flock(fd, LOCK_EX | LOCK_NB);
  } catch (error) {
    if (!hasCode(error, 'EAGAIN')) throw error;
    throw new Error(
      `a daemon with pid ${readFileSync(path, 'utf8').trim()} already serves the data root ${settings.root}; use it, or choose another --root`,
      { cause: error },
    );
  }
  writeFileSync(path, `${process.pid}\n`);
}

/** Calls `end` after `seconds` without clients, running containers or viewers of the page. */
function endWhenIdle(servers: readonly Server[], busy: () => boolean, seconds: number, end: () => void): void {
  if (!seconds) return;
  let since = Date.now();
  const connections = (server: Server) =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));
  const timer = setInterval(
    async () => {
      const counts = await Promise.all(servers.map(connections));
      if (counts.some((count) => count > 0) || busy()) since = Date.now();
      else if (Date.now() - since >= seconds * 1000) end();
    },
    Math.min(1000, seconds * 250),
  );
  timer.unref();
}

/** Returns when the socket accepts clients. Throws when another daemon has the data root. */
export async function startDaemon(given: Settings): Promise<void> {
  const settings = { ...given, root: prepareDataRoot(given.root), execRoot: prepareExecRoot(given.execRoot) };
  const notify = takeNotify();
  const sockets = await takeActivated();
  await lockRoot(settings);
  settings.oomScores = protectFromOom();
  const storage = await chooseDriver(daemonKernel(), settings.root, settings.storageDriver);
  for (const warning of storage.warnings) console.error(`drydock: warning: ${warning}`);
  const runtime = await Runtime.open(settings, storage.driver, (inUse, aside) => {
    const setAside = (path: string, why: string) => void aside.move(path, why);
    const { name, whiteouts } = storage.driver;
    return new ImageStore({ root: homeOf(settings.root, name), whiteouts, inUse, startRegistry, setAside });
  });
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    await notify('STOPPING=1');
    for (const { server, path } of listeners) {
      if (path !== undefined) rmSync(path, { force: true });
      server.close();
      server.closeAllConnections();
    }
    await playground.close();
    lessons.close();
    await runtime.close();
    process.exit(0);
  };
  const lessons = openLessons(runtime);
  const files = join(packageRoot, 'dist/web');
  const playground = new Playground(runtime, files, lessons);
  const makeServer = dockerServers(runtime, {
    lessons,
    shutdown: () => void end(),
    playground: (port, tls) => playground.address(port, tls),
    recording: (of) => recordingOf(runtime, of, files),
  });
  const listeners = await listenOn(settings, sockets, makeServer);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end());
  process.on('SIGHUP', () => undefined);
  endWhenIdle(
    listeners.map(({ server }) => server),
    () => runtime.busy() || playground.busy(),
    settings.idle,
    () => void end(),
  );
  const where = listeners.map(({ name }) => name).join(', ');
  console.log(`drydock: pid ${process.pid}, listening on ${where}, data in ${settings.root}`);
  await notify('READY=1');
}
