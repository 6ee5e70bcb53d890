/**
 * Which process the kernel kills when the whole machine runs out of memory: proc(5), "/proc/pid/oom_score_adj".
 *
 * The daemon is the largest process and its shims hold the containers, so without this they would be killed first.
 * dockerd's unit sets -500, containerd gives its shims -998. Children inherit the value, so each container gets its own
 * value again: that of --oom-score-adj, else 0. A value that is written with CAP_SYS_RESOURCE is also the lowest that
 * the process itself may choose later.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';

const FILE = '/proc/self/oom_score_adj';
const DAEMON = -500;
const SHIM = -998;

/** `daemon`: the daemon's value, which a shim inherits at posix_spawn(3); `shim`: the value that shims get. */
export interface OomScores {
  daemon: number;
  shim: number;
}

/** Sets the daemon's value. Without CAP_SYS_RESOURCE both values stay the inherited one. */
export function protectFromOom(): OomScores {
  const inherited = Number(readFileSync(FILE, 'utf8'));
  try {
    if (inherited > DAEMON) writeFileSync(FILE, String(DAEMON));
    return { daemon: Math.min(inherited, DAEMON), shim: SHIM };
  } catch {
    return { daemon: inherited, shim: inherited };
  }
}

async function give(k: Kernel, pid: number, score: number): Promise<void> {
  // on EACCES or EPERM the container's own step reports the failure, if the user asked for a value
  await tolerate(['EACCES', 'EPERM'], k.daemon.write_file(`/proc/${pid}/oom_score_adj`, 0, 0, String(score)));
}

/** Sets the value of a shim that was just spawned, if it differs from the inherited one. */
export async function protectShim(k: Kernel, pid: number, scores: OomScores | undefined): Promise<void> {
  if (scores && scores.shim !== scores.daemon) await give(k, pid, scores.shim);
}

/** Sets the value of a process that a shim has just cloned. */
export async function giveOwnScore(
  k: Kernel,
  pid: number,
  score: number,
  scores: OomScores | undefined,
): Promise<void> {
  if (scores && scores.shim !== score) await give(k, pid, score);
}
