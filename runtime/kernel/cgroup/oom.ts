/**
 * How the kernel reports at once that memory ran out:
 *
 *   v1   an eventfd; its number and that of memory.oom_control are written to cgroup.event_control
 *        (admin-guide/cgroup-v1/memory, 9 and 10)
 *   v2   memory.events is modified, which inotify(7) reports (admin-guide/cgroup-v2, "memory.events")
 */
import { existsSync, watch } from 'node:fs';
import { AT_FDCWD, EFD, O } from '../../syscalls/constants.ts';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Oom } from './cgroup.ts';
import { readText } from './directory.ts';
import { keyed } from './stat-files.ts';

const COUNTER = 8;

/** The OOM kills in memory.oom_control (v1) or memory.events (v2); 0 and '' when the group is gone. */
export function readOom(path: string): Oom {
  const text = readText(path).trim();
  return { path, kills: keyed(text)['oom_kill'] ?? 0, says: text.replaceAll('\n', ', ') };
}

/** Runs `callback` at each event. It also runs when the group is removed. */
export async function eventsOfV1(k: Kernel, dir: string, callback: () => void): Promise<() => Promise<void>> {
  const event = await k.daemon.eventfd2(0, EFD.EFD_CLOEXEC | EFD.EFD_NONBLOCK);
  try {
    const control = await k.daemon.openat(AT_FDCWD, `${dir}/memory.oom_control`, O.O_CLOEXEC, 0);
    await k.daemon
      .write_file(`${dir}/cgroup.event_control`, 0, 0, `${event} ${control}`)
      .finally(() => k.daemon.close(control));
  } catch (error) {
    await k.daemon.close(event);
    throw error;
  }
  const stop = k.readable(event, () => {
    // reading resets the counter; otherwise the eventfd would stay readable
    void tolerate(['EAGAIN'], k.daemon.read(event, COUNTER));
    callback();
  });
  return async () => {
    stop();
    await k.daemon.close(event);
  };
}

/** Runs `callback` when memory.events changes. Undefined when the file does not exist. */
export function eventsOfV2(dir: string, callback: () => void): (() => Promise<void>) | undefined {
  const file = `${dir}/memory.events`;
  if (!existsSync(file)) return undefined;
  const watcher = watch(file, { persistent: false }, callback);
  watcher.on('error', () => watcher.close());
  return async () => watcher.close();
}
